//! What keeps the file from growing for ever.

use super::index::row;
use super::receipts;
use super::records::RequestRecord;
use super::txn::{Keyed, Txn};
use super::{
    ACKS, BUCKETS, DESTINATIONS, EVENTS, INBOX, LETTERS, MESSAGES, ORDER, Policy, REQUESTS, ROUTES, Result,
    SEEN, SENDS, SUBJECTS, SUBMITS, Store, StoreError,
};
use crate::domain::inbound::DUPLICATE_WINDOW;
use crate::domain::outbox::State;
use crate::domain::rate::MONTH;
use jiff::{SignedDuration, Timestamp};
use redb::{ReadableTable, ReadableTableMetadata};

/// A watcher that was away for longer reads the messages themselves.
const EVENTS_MAX: u64 = 100_000;
/// No caller repeats a request after this time.
const REQUESTS_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Messages that one pruning removes; the next one goes on.
const PRUNE_MAX: usize = 1000;
/// Numbers that have a modem of their own; beyond that all find a new one.
const ROUTES_MAX: u64 = 100_000;

impl Store {
    pub fn prune(&self, now: Timestamp) -> Result<()> {
        let policy = self.policy;
        self.write(move |txn| {
            prune_events(txn)?;
            prune_inbox(txn, &policy, now)?;
            prune_messages(txn, &policy, now)?;
            let since = |kept: SignedDuration| (now - kept).as_microsecond();
            txn.open_table(SEEN)?.retain(|_, at| at >= since(DUPLICATE_WINDOW))?;
            txn.open_table(LETTERS)?.retain(|_, at| at >= since(DUPLICATE_WINDOW))?;
            txn.open_table(SUBMITS)?.retain(|_, at| at >= since(MONTH))?;
            txn.open_table(BUCKETS)?.retain(|_, (_, at)| at >= since(SignedDuration::from_hours(24)))?;
            txn.open_table(REQUESTS)?.retain(|_, bytes| {
                txn.open::<RequestRecord>(bytes).is_ok_and(|record| record.at >= since(REQUESTS_KEPT))
            })?;
            let mut routes = txn.open_table(ROUTES)?;
            if routes.len()? > ROUTES_MAX {
                routes.retain(|_, _| false)?;
            }
            Ok(())
        })
    }
}

fn prune_events(txn: &Txn) -> Result<()> {
    let mut events = txn.open_table(EVENTS)?;
    let last = events.last()?.map_or(0, |(last, _)| last.value());
    events.retain_in(..last.saturating_sub(EVENTS_MAX), |_, _| false)?;
    Ok(())
}

/// Acknowledged by every consumer and old enough. The last one stays: numbers go on from it.
fn prune_inbox(txn: &Txn, policy: &Policy, now: Timestamp) -> Result<()> {
    let mut acked = u64::MAX;
    for entry in txn.open_table(ACKS)?.iter()? {
        acked = acked.min(entry?.1.value());
    }
    let mut inbox = txn.open_table(INBOX)?;
    let last = inbox.last()?.map_or(0, |(last, _)| last.value());
    if acked == u64::MAX || last == 0 {
        return Ok(());
    }
    let since = now - policy.keep;
    let is_old = |bytes: &[u8]| super::inbox::received_at(txn.vault(), bytes).is_ok_and(|at| at < since);
    inbox.retain_in(..=acked.min(last - 1), |_, bytes| !is_old(bytes))?;
    Ok(())
}

/// Done long ago: the message, its number and its text go; only the latest stays for the numbering.
fn prune_messages(txn: &Txn, policy: &Policy, now: Timestamp) -> Result<()> {
    let last = txn.open_table(ORDER)?.last()?.map_or(0, |(last, _)| last.value());
    let mut old = Vec::new();
    {
        let (order, messages) = (txn.open_table(ORDER)?, txn.open_table(MESSAGES)?);
        for entry in order.range(..last)?.take(PRUNE_MAX) {
            let row = row(
                txn.vault(),
                messages.get(entry?.1.value())?.ok_or(StoreError::Corrupt("index"))?.value(),
            )?;
            let message = &row.message;
            if message.created_at + policy.keep >= now {
                break;
            }
            let open = message.is_waiting() || matches!(message.state, State::Unknown { .. });
            if !open && !message.is_reportable(now) {
                old.push(row);
            }
        }
    }
    for row in &old {
        let (message, id) = (&row.message, row.message.id.as_str());
        txn.open_table(MESSAGES)?.remove(id)?;
        txn.open_table(SENDS)?.remove(id)?;
        txn.open_table(ORDER)?.remove(row.number)?;
        txn.open_table(SUBJECTS)?.remove((message.subject_id.as_str(), row.number))?;
        let tail = txn.keyed(Keyed::Tail, message.to.tail().as_bytes());
        txn.open_table(DESTINATIONS)?.remove((tail.as_str(), row.number))?;
    }
    receipts::forget(txn, &old.into_iter().map(|row| row.message.id).collect())
}
