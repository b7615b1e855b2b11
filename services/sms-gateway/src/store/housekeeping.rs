//! What keeps the file from growing for ever, and the PINs that were tried.

use super::records::{self, RequestRecord};
use super::{EVENTS, INBOX, PINS_TRIED, REQUESTS, Result, SEEN, Store};
use crate::domain::inbound::DUPLICATE_WINDOW;
use jiff::{SignedDuration, Timestamp};
use redb::ReadableTable;

/// A watcher that was away for longer reads the messages themselves.
const EVENTS_MAX: u64 = 100_000;
const INBOX_MAX: u64 = 100_000;
/// No caller repeats a request after this time.
const REQUESTS_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Store {
    pub fn prune(&self, now: Timestamp) -> Result<()> {
        let txn = self.db.begin_write()?;
        for (table, limit) in [(EVENTS, EVENTS_MAX), (INBOX, INBOX_MAX)] {
            let mut table = txn.open_table(table)?;
            let last = table.last()?.map_or(0, |(last, _)| last.value());
            table.retain_in(..last.saturating_sub(limit), |_, _| false)?;
        }
        let seen_since = (now - DUPLICATE_WINDOW).as_microsecond();
        txn.open_table(SEEN)?.retain(|_, at| at >= seen_since)?;
        let asked_since = (now - REQUESTS_KEPT).as_microsecond();
        txn.open_table(REQUESTS)?.retain(|_, bytes| {
            records::read::<RequestRecord>(bytes).is_ok_and(|record| record.at >= asked_since)
        })?;
        txn.commit()?;
        Ok(())
    }

    /// True the first time only: a PIN gets one try per SIM, ever, or the SIM locks itself.
    pub fn may_try_pin(&self, hash: &[u8; 32]) -> Result<bool> {
        let txn = self.db.begin_write()?;
        let first = txn.open_table(PINS_TRIED)?.insert(hash.as_slice(), ())?.is_none();
        txn.commit()?;
        Ok(first)
    }
}
