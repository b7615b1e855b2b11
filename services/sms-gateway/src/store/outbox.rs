//! Outgoing messages: each change writes the message, its event and its indexes in one transaction.

use super::records::{self, MessageRecord, RequestRecord};
use super::{
    EVENTS, MESSAGES, OPEN, ORDER, REQUESTS, Result, SENDABLE, SENDS, SUBJECTS, Store, StoreError,
    WAITING_MAX,
};
use crate::domain::outbox::{Class, Outgoing, State};
use jiff::{SignedDuration, Timestamp};
use redb::{ReadableDatabase, ReadableTable, ReadableTableMetadata, WriteTransaction};

/// A message with its place in the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub message: Outgoing,
    /// Creation number; also the cursor of a list.
    pub number: u64,
    pub revision: u64,
}

/// Messages of the outbox that somebody looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub waiting: u32,
    pub unknown: u32,
}

/// A payer who wrote waits for the answer; a notice can wait for both.
fn urgency(class: Class) -> u8 {
    match class {
        Class::Answer => 0,
        Class::Challenge => 1,
        Class::Notice => 2,
    }
}

impl Store {
    /// Queues a new message; the same id and fingerprint return the first answer.
    pub fn send(&self, message: Outgoing, fingerprint: &[u8; 32]) -> Result<Row> {
        let txn = self.db.begin_write()?;
        let known = txn.open_table(SENDS)?.get(message.id.as_str())?.map(|bytes| bytes.value().to_vec());
        if let Some(bytes) = known {
            return first_answer(&bytes, fingerprint);
        }
        if txn.open_table(SENDABLE)?.len()? >= WAITING_MAX {
            return Err(StoreError::QueueFull);
        }
        let number = txn.open_table(ORDER)?.last()?.map_or(1, |(last, _)| last.value() + 1);
        txn.open_table(ORDER)?.insert(number, message.id.as_str())?;
        txn.open_table(SUBJECTS)?.insert((message.subject_id.as_str(), number), message.id.as_str())?;
        let now = message.created_at;
        let row = put(&txn, Row { message, number, revision: 0 }, now)?;
        let answer = request_record(&row, fingerprint, now);
        txn.open_table(SENDS)?.insert(row.message.id.as_str(), answer.as_slice())?;
        self.commit_revision(txn, row.revision)?;
        Ok(row)
    }

    pub fn find_sent(&self, id: &str, fingerprint: &[u8; 32]) -> Result<Option<Row>> {
        let txn = self.db.begin_read()?;
        let sends = txn.open_table(SENDS)?;
        sends.get(id)?.map(|bytes| first_answer(bytes.value(), fingerprint)).transpose()
    }

    pub fn get(&self, id: &str) -> Result<Row> {
        let txn = self.db.begin_read()?;
        let table = txn.open_table(MESSAGES)?;
        let bytes = table.get(id)?.ok_or(StoreError::NotFound)?;
        row(bytes.value())
    }

    /// Newest first, only those with a number below `before`. An empty subject means all.
    pub fn list(&self, subject_id: &str, before: u64, limit: usize) -> Result<Vec<Row>> {
        let txn = self.db.begin_read()?;
        let messages = txn.open_table(MESSAGES)?;
        let mut ids = Vec::new();
        if subject_id.is_empty() {
            for entry in txn.open_table(ORDER)?.range(..before)?.rev().take(limit) {
                ids.push(entry?.1.value().to_owned());
            }
        } else {
            let range = (subject_id, 0)..(subject_id, before);
            for entry in txn.open_table(SUBJECTS)?.range(range)?.rev().take(limit) {
                ids.push(entry?.1.value().to_owned());
            }
        }
        ids.iter()
            .map(|id| row(messages.get(id.as_str())?.ok_or(StoreError::Corrupt("index"))?.value()))
            .collect()
    }

    /// Changes after `revision`, oldest first.
    pub fn events_after(&self, revision: u64, limit: usize) -> Result<Vec<Row>> {
        let txn = self.db.begin_read()?;
        let events = txn.open_table(EVENTS)?;
        let after = revision.saturating_add(1);
        events.range(after..)?.take(limit).map(|entry| row(entry?.1.value())).collect()
    }

    /// One change by a rule of the domain. An error of the rule leaves everything as it was.
    pub fn change(
        &self,
        id: &str,
        now: Timestamp,
        rule: impl FnOnce(&mut Outgoing) -> Result<()>,
    ) -> Result<Row> {
        let txn = self.db.begin_write()?;
        let row = change(&txn, id, now, rule)?;
        self.commit_revision(txn, row.revision)?;
        Ok(row)
    }

    /// The same for a caller's mutation: a repeated request id returns the first answer.
    pub fn change_once(
        &self,
        request_id: &str,
        fingerprint: &[u8; 32],
        id: &str,
        now: Timestamp,
        rule: impl FnOnce(&mut Outgoing) -> Result<()>,
    ) -> Result<Row> {
        let txn = self.db.begin_write()?;
        let stored = txn.open_table(REQUESTS)?.get(request_id)?.map(|bytes| bytes.value().to_vec());
        if let Some(bytes) = stored {
            return first_answer(&bytes, fingerprint);
        }
        let row = change(&txn, id, now, rule)?;
        let answer = request_record(&row, fingerprint, now);
        txn.open_table(REQUESTS)?.insert(request_id, answer.as_slice())?;
        self.commit_revision(txn, row.revision)?;
        Ok(row)
    }

    /// Takes the most urgent message that may be sent now, and marks it SUBMITTING.
    pub fn claim_next(&self, now: Timestamp) -> Result<Option<Row>> {
        let Some(id) = self.next_sendable(now)? else { return Ok(None) };
        match self.change(&id, now, |message| Ok(message.claim(now)?)) {
            // Cancelled in between; the next wake-up looks again.
            Err(StoreError::Refused(_)) => Ok(None),
            other => other.map(Some),
        }
    }

    fn next_sendable(&self, now: Timestamp) -> Result<Option<String>> {
        let txn = self.db.begin_read()?;
        let messages = txn.open_table(MESSAGES)?;
        for entry in txn.open_table(SENDABLE)?.iter()? {
            let (_, id) = entry?;
            let bytes = messages.get(id.value())?.ok_or(StoreError::Corrupt("index"))?;
            if row(bytes.value())?.message.is_sendable(now) {
                return Ok(Some(id.value().to_owned()));
            }
        }
        Ok(None)
    }

    /// After a restart or a lost link nobody submits: what was past Ctrl-Z is UNKNOWN, the rest is QUEUED again.
    pub fn recover(&self, now: Timestamp) -> Result<()> {
        for row in self.open_rows()? {
            if matches!(row.message.state, State::Submitting { .. }) {
                self.change(&row.message.id, now, |message| {
                    message.lose_answer(now);
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    /// Applies what time alone changes: expiry, the one resend, missing reports.
    pub fn sweep(&self, now: Timestamp, resend_after: SignedDuration) -> Result<()> {
        for row in self.open_rows()? {
            let due = row.message.clone().pass_time(now, resend_after);
            let closed = !row.message.is_waiting() && !row.message.is_reportable(now);
            if due || closed {
                self.change(&row.message.id, now, |message| {
                    message.pass_time(now, resend_after);
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    pub fn counts(&self) -> Result<Counts> {
        let mut counts = Counts::default();
        for row in self.open_rows()? {
            counts.waiting += u32::from(row.message.is_waiting());
            counts.unknown += u32::from(matches!(row.message.state, State::Unknown { .. }));
        }
        Ok(counts)
    }

    fn open_rows(&self) -> Result<Vec<Row>> {
        let txn = self.db.begin_read()?;
        let messages = txn.open_table(MESSAGES)?;
        let mut rows = Vec::new();
        for entry in txn.open_table(OPEN)?.iter()? {
            let (id, _) = entry?;
            rows.push(row(messages.get(id.value())?.ok_or(StoreError::Corrupt("index"))?.value())?);
        }
        Ok(rows)
    }

    pub(super) fn last_revision(&self) -> Result<u64> {
        let txn = self.db.begin_read()?;
        Ok(txn.open_table(EVENTS)?.last()?.map_or(0, |(last, _)| last.value()))
    }

    pub(super) fn commit_revision(&self, txn: WriteTransaction, revision: u64) -> Result<()> {
        txn.commit()?;
        // Commits are serial, but this line is not: a slower thread must not set it back.
        self.revision.send_if_modified(|known| {
            let newer = revision > *known;
            *known = revision.max(*known);
            newer
        });
        Ok(())
    }
}

pub(super) fn change(
    txn: &WriteTransaction,
    id: &str,
    now: Timestamp,
    rule: impl FnOnce(&mut Outgoing) -> Result<()>,
) -> Result<Row> {
    let before = {
        let table = txn.open_table(MESSAGES)?;
        let bytes = table.get(id)?.ok_or(StoreError::NotFound)?;
        row(bytes.value())?
    };
    let mut after = before.clone();
    rule(&mut after.message)?;
    if after.message == before.message {
        index(txn, &after, now)?;
        return Ok(after);
    }
    put(txn, after, now)
}

/// All open messages as this transaction sees them.
pub(super) fn open_messages(txn: &WriteTransaction) -> Result<Vec<Outgoing>> {
    let (open, messages) = (txn.open_table(OPEN)?, txn.open_table(MESSAGES)?);
    let mut all = Vec::new();
    for entry in open.iter()? {
        let (id, _) = entry?;
        all.push(row(messages.get(id.value())?.ok_or(StoreError::Corrupt("index"))?.value())?.message);
    }
    Ok(all)
}

fn put(txn: &WriteTransaction, mut row: Row, now: Timestamp) -> Result<Row> {
    let mut events = txn.open_table(EVENTS)?;
    row.revision = events.last()?.map_or(1, |(last, _)| last.value() + 1);
    let bytes = records::write(&MessageRecord::of(&row.message, row.number, row.revision));
    events.insert(row.revision, bytes.as_slice())?;
    txn.open_table(MESSAGES)?.insert(row.message.id.as_str(), bytes.as_slice())?;
    index(txn, &row, now)?;
    // As stored: the caller sees the same now and when it asks again.
    self::row(&bytes)
}

fn index(txn: &WriteTransaction, row: &Row, now: Timestamp) -> Result<()> {
    let (message, id) = (&row.message, row.message.id.as_str());
    let mut sendable = txn.open_table(SENDABLE)?;
    let place = (urgency(message.class), row.number);
    if matches!(message.state, State::Queued | State::RetryWait { .. }) {
        sendable.insert(place, id)?;
    } else {
        sendable.remove(place)?;
    }
    let mut open = txn.open_table(OPEN)?;
    if message.is_waiting() || message.is_reportable(now) {
        open.insert(id, ())?;
    } else {
        open.remove(id)?;
    }
    Ok(())
}

fn request_record(row: &Row, fingerprint: &[u8; 32], now: Timestamp) -> Vec<u8> {
    records::write(&RequestRecord {
        fingerprint: fingerprint.to_vec(),
        answer: Some(MessageRecord::of(&row.message, row.number, row.revision)),
        at: now.as_microsecond(),
    })
}

fn first_answer(bytes: &[u8], fingerprint: &[u8; 32]) -> Result<Row> {
    let first: RequestRecord = records::read(bytes)?;
    if first.fingerprint != fingerprint {
        return Err(StoreError::DifferentBody);
    }
    row_of(first.answer.ok_or(StoreError::Corrupt("answer"))?)
}

fn row(bytes: &[u8]) -> Result<Row> {
    row_of(records::read(bytes)?)
}

fn row_of(record: MessageRecord) -> Result<Row> {
    Ok(Row { number: record.number, revision: record.revision, message: record.message()? })
}
