//! Changes of outgoing messages.

use super::index::{self, Row, put, read};
use super::records::{MessageRecord, RequestRecord};
use super::txn::{self, Keyed, Txn};
use super::{
    DESTINATIONS, DUE, MESSAGES, ORDER, Pending, Policy, REQUESTS, ROUTES, Result, SENDABLE, SENDS, SUBJECTS,
    SUBMITS, SUBMITTING, Store, StoreError, WAITING_MAX,
};
use crate::domain::outbox::Outgoing;
use chit_vault::Vault;
use jiff::{SignedDuration, Timestamp};
use redb::{ReadableTable, ReadableTableMetadata};

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Messages that one look of the timer changes; the next look goes on.
const SWEEP_MAX: usize = 256;

impl Store {
    /// Queues a new message; the same id and fingerprint return the first answer, even when its time is over.
    pub fn send(&self, message: Outgoing, fingerprint: &[u8; 32]) -> Result<Row> {
        let (policy, fingerprint) = (self.policy, *fingerprint);
        self.write(move |txn| send(txn, &message, &fingerprint, &policy))
    }

    /// One change by a rule of the domain. An error of the rule leaves everything as it was.
    #[cfg(test)]
    pub fn change(
        &self,
        id: &str,
        mut rule: impl FnMut(&mut Outgoing) -> Result<()> + Send + 'static,
    ) -> Result<Row> {
        let (policy, id) = (self.policy, id.to_owned());
        self.write(move |txn| change(txn, &id, &policy, &mut rule))
    }

    /// The same without waiting for the disk.
    pub async fn enqueue_change(
        &self,
        id: &str,
        mut rule: impl FnMut(&mut Outgoing) -> Result<()> + Send + 'static,
    ) -> Result<Pending<Row>> {
        let (policy, id) = (self.policy, id.to_owned());
        self.writer.enqueue(move |txn| change(txn, &id, &policy, &mut rule)).await
    }

    /// The same for a caller's mutation: a repeated request id returns the first answer.
    pub fn change_once(
        &self,
        request_id: &str,
        fingerprint: &[u8; 32],
        id: &str,
        now: Timestamp,
        mut rule: impl FnMut(&mut Outgoing) -> Result<()> + Send + 'static,
    ) -> Result<Row> {
        let (policy, fingerprint) = (self.policy, *fingerprint);
        let (request_id, id) = (request_id.to_owned(), id.to_owned());
        self.write(move |txn| {
            let stored =
                txn.open_table(REQUESTS)?.get(request_id.as_str())?.map(|bytes| bytes.value().to_vec());
            if let Some(bytes) = stored {
                return first_answer(txn.vault(), &bytes, &fingerprint);
            }
            let row = change(txn, &id, &policy, &mut rule)?;
            let answer = request_record(txn, &row, &fingerprint, now)?;
            txn.open_table(REQUESTS)?.insert(request_id.as_str(), answer.as_slice())?;
            Ok(row)
        })
    }

    /// Commits SUBMITTING: past it the message may have been sent. Counts it against the SIM, and keeps the
    /// destination with this modem.
    pub async fn hand_over(&self, id: &str, modem: &str, reports: bool, now: Timestamp) -> Result<Row> {
        let (policy, id, modem) = (self.policy, id.to_owned(), modem.to_owned());
        let work = move |txn: &Txn| {
            let row = change(txn, &id, &policy, &mut |message| Ok(message.hand_over(&modem, reports, now)?))?;
            let place = (modem.as_str(), row.number, row.message.submits);
            txn.open_table(SUBMITS)?.insert(place, now.as_microsecond())?;
            let tail = txn.keyed(Keyed::Tail, row.message.to.tail().as_bytes());
            txn.open_table(ROUTES)?.insert(tail.as_str(), modem.as_str())?;
            Ok(row)
        };
        self.writer.enqueue(work).await?.done().await
    }

    /// Applies what time alone changes: expiry, the one resend, missing reports.
    pub fn sweep(&self, now: Timestamp) -> Result<()> {
        if !self.is_anything_due(now)? {
            return Ok(());
        }
        let policy = self.policy;
        self.write(move |txn| {
            let due: Vec<(i64, String)> = txn
                .open_table(DUE)?
                .range(..(now.as_microsecond().saturating_add(1), ""))?
                .take(SWEEP_MAX)
                .map(|entry| entry.map(|(key, _)| (key.value().0, key.value().1.to_owned())))
                .collect::<std::result::Result<_, _>>()?;
            for (at, id) in due {
                txn.open_table(DUE)?.remove((at, id.as_str()))?;
                change(txn, &id, &policy, &mut |message| {
                    message.pass_time(now, policy.resend_after);
                    Ok(())
                })?;
            }
            Ok(())
        })
    }
}

fn send(txn: &Txn, message: &Outgoing, fingerprint: &[u8; 32], policy: &Policy) -> Result<Row> {
    let known = txn.open_table(SENDS)?.get(message.id.as_str())?.map(|bytes| bytes.value().to_vec());
    if let Some(bytes) = known {
        return first_answer(txn.vault(), &bytes, fingerprint);
    }
    let now = message.created_at;
    if message.not_after.is_some_and(|limit| limit <= now) {
        return Err(StoreError::NotAfterPassed);
    }
    if txn.open_table(SENDABLE)?.len()? >= WAITING_MAX {
        return Err(StoreError::QueueFull);
    }
    check_destination(txn, message, policy)?;
    let number = txn.open_table(ORDER)?.last()?.map_or(1, |(last, _)| last.value() + 1);
    txn.open_table(ORDER)?.insert(number, message.id.as_str())?;
    txn.open_table(SUBJECTS)?.insert((message.subject_id.as_str(), number), message.id.as_str())?;
    let row = put(txn, Row { message: message.clone(), number, revision: 0 }, None, policy)?;
    let answer = request_record(txn, &row, fingerprint, now)?;
    txn.open_table(SENDS)?.insert(row.message.id.as_str(), answer.as_slice())?;
    Ok(row)
}

/// A mistake or a thief of the till must not flood one phone.
fn check_destination(txn: &Txn, message: &Outgoing, policy: &Policy) -> Result<()> {
    let limit = policy.per_destination_day as usize;
    if limit == 0 {
        return Ok(());
    }
    let (messages, destinations) = (txn.open_table(MESSAGES)?, txn.open_table(DESTINATIONS)?);
    let (tail, number) = (txn.keyed(Keyed::Tail, message.to.tail().as_bytes()), message.to.canonical());
    let tail = tail.as_str();
    let mut counted = 0;
    for entry in destinations.range((tail, 0)..=(tail, u64::MAX))?.rev() {
        let bytes = messages.get(entry?.1.value())?.ok_or(StoreError::Corrupt("index"))?;
        let earlier = index::row(txn.vault(), bytes.value())?.message;
        let wait = (earlier.created_at + DAY).duration_since(message.created_at);
        if !wait.is_positive() {
            return Ok(());
        }
        // The same last digits may be another network's number.
        counted += usize::from(earlier.to.canonical() == number);
        if counted == limit {
            return Err(StoreError::DestinationFull { wait_s: wait.unsigned_abs().as_secs().max(1) });
        }
    }
    Ok(())
}

pub fn change(
    txn: &Txn,
    id: &str,
    policy: &Policy,
    rule: &mut dyn FnMut(&mut Outgoing) -> Result<()>,
) -> Result<Row> {
    let before = read(txn, id)?;
    let mut after = before.clone();
    rule(&mut after.message)?;
    if after.message == before.message {
        return Ok(after);
    }
    put(txn, after, Some(&before.message), policy)
}

/// After a restart nobody submits: what was past Ctrl-Z is UNKNOWN.
pub fn recover(txn: &Txn, policy: &Policy, now: Timestamp) -> Result<()> {
    let ids: Vec<String> = txn
        .open_table(SUBMITTING)?
        .iter()?
        .map(|entry| Ok(entry?.0.value().to_owned()))
        .collect::<Result<_>>()?;
    for id in ids {
        change(txn, &id, policy, &mut |message| {
            message.lose_answer(now);
            Ok(())
        })?;
    }
    Ok(())
}

fn request_record(txn: &Txn, row: &Row, fingerprint: &[u8; 32], now: Timestamp) -> Result<Vec<u8>> {
    txn.seal(&RequestRecord {
        fingerprint: fingerprint.to_vec(),
        answer: Some(MessageRecord::of(&row.message, row.number, row.revision)),
        at: now.as_microsecond(),
    })
}

pub(super) fn first_answer(vault: &Vault, bytes: &[u8], fingerprint: &[u8; 32]) -> Result<Row> {
    let first: RequestRecord = txn::open(vault, bytes)?;
    if first.fingerprint != fingerprint {
        return Err(StoreError::DifferentBody);
    }
    index::row_of(first.answer.ok_or(StoreError::Corrupt("answer"))?)
}
