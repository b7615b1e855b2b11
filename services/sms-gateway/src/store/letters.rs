//! Letters of an SMPP server whose acknowledgement may not have reached it. SMPP gives them no number and no time, so
//! a server that repeats one after a broken connection can be told from a payer who writes the same again only by
//! this: between two sessions, and only what was not confirmed.

use super::inbox::Taken;
use super::pdus::take_pdu;
use super::txn::{Keyed, Txn};
use super::{LETTERS, Result, Store};
use jiff::{SignedDuration, Timestamp};

/// A server repeats soon after the next bind. Later the same text is the payer's own.
const REPEATED_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// One bound connection, named by when it began.
#[derive(Debug, Clone)]
pub struct Sitting {
    pub modem: String,
    pub since: Timestamp,
}

impl Store {
    /// `hash`: of everything the server said but its sequence number. The letter may be acknowledged when this returns.
    pub async fn take_letter(
        &self,
        sitting: &Sitting,
        hash: [u8; 32],
        pdu: Vec<u8>,
        now: Timestamp,
    ) -> Result<Taken> {
        let (policy, sitting) = (self.policy, sitting.clone());
        let work = move |txn: &Txn| {
            let hash = txn.keyed(Keyed::Seen, &hash);
            let place = (sitting.modem.as_str(), hash.as_bytes());
            let since = sitting.since.as_microsecond();
            let before = txn.open_table(LETTERS)?.insert(place, since)?.map(|before| before.value());
            if before.is_some_and(|before| before != since) && now < sitting.since + REPEATED_WITHIN {
                return Ok(Taken::Duplicate);
            }
            take_pdu(txn, &sitting.modem, &pdu, now, &policy)
        };
        self.writer.enqueue(work).await?.done().await
    }

    /// The server has answered something that was sent after the acknowledgements of this sitting: it has them.
    pub async fn confirm_letters(&self, sitting: &Sitting) -> Result<()> {
        let sitting = sitting.clone();
        let work = move |txn: &Txn| {
            let since = sitting.since.as_microsecond();
            let mine = |modem: &str, at: i64| modem == sitting.modem && at == since;
            txn.open_table(LETTERS)?.retain(|(modem, _), at| !mine(modem, at))?;
            Ok(())
        };
        self.writer.enqueue(work).await?.done().await
    }
}
