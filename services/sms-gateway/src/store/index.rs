//! One message in the books: its record, its event, and every index that finds it.

use super::records::MessageRecord;
use super::txn::{self, Keyed, Txn};
use super::{
    DESTINATIONS, DUE, EVENTS, MESSAGES, META, ORDER, Policy, Result, SENDABLE, SUBMITTING, StoreError,
    UNKNOWN,
};
use crate::domain::outbox::{Outgoing, State};
use chit_vault::Vault;
use jiff::{SignedDuration, Timestamp};
use redb::ReadableTable;

/// Rises when an index is added or means something else; then they are built again from the messages.
const INDEXES: u64 = 3;

/// A message with its place in the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub message: Outgoing,
    /// Creation number; also the cursor of a list.
    pub number: u64,
    pub revision: u64,
}

/// Writes the message and its next event. Gives it as stored: the caller sees the same now and when it asks again.
pub fn put(txn: &Txn, mut new: Row, before: Option<&Outgoing>, policy: &Policy) -> Result<Row> {
    let mut events = txn.open_table(EVENTS)?;
    new.revision = events.last()?.map_or(1, |(last, _)| last.value() + 1);
    let bytes = txn.seal(&MessageRecord::of(&new.message, new.number, new.revision))?;
    events.insert(new.revision, bytes.as_slice())?;
    txn.open_table(MESSAGES)?.insert(new.message.id.as_str(), bytes.as_slice())?;
    index(txn, &new, before, policy.resend_after)?;
    row(txn.vault(), &bytes)
}

fn index(txn: &Txn, row: &Row, before: Option<&Outgoing>, resend_after: SignedDuration) -> Result<()> {
    let (message, id) = (&row.message, row.message.id.as_str());
    let place = |message: &Outgoing| (message.priority, row.number);
    let mut sendable = txn.open_table(SENDABLE)?;
    if let Some(before) = before.filter(|before| waits(before)) {
        sendable.remove(place(before))?;
    }
    if waits(message) {
        sendable.insert(place(message), id)?;
    }
    let states = [
        (SUBMITTING, message.state == State::Submitting),
        (UNKNOWN, matches!(message.state, State::Unknown { .. })),
    ];
    for (table, belongs) in states {
        let mut table = txn.open_table(table)?;
        if belongs {
            table.insert(id, ())?;
        } else {
            table.remove(id)?;
        }
    }
    let mut due = txn.open_table(DUE)?;
    if let Some(at) = before.and_then(|before| before.next_due(resend_after)) {
        due.remove((at.as_microsecond(), id))?;
    }
    if let Some(at) = message.next_due(resend_after) {
        due.insert((at.as_microsecond(), id), ())?;
    }
    if before.is_none() {
        let tail = txn.keyed(Keyed::Tail, message.to.tail().as_bytes());
        txn.open_table(DESTINATIONS)?.insert((tail.as_str(), row.number), id)?;
    }
    Ok(())
}

fn waits(message: &Outgoing) -> bool {
    matches!(message.state, State::Queued | State::RetryWait { .. })
}

/// A file of an older version has its messages; the indexes are made from them.
pub fn migrate(txn: &Txn, policy: &Policy, _now: Timestamp) -> Result<()> {
    let known = txn.open_table(META)?.get("indexes")?.map(|version| version.value());
    if known == Some(INDEXES) {
        return Ok(());
    }
    txn.open_table(SENDABLE)?.retain(|_, _| false)?;
    txn.open_table(SUBMITTING)?.retain(|_, ()| false)?;
    txn.open_table(UNKNOWN)?.retain(|_, ()| false)?;
    txn.open_table(DUE)?.retain(|_, ()| false)?;
    txn.open_table(DESTINATIONS)?.retain(|_, _| false)?;
    let ids: Vec<String> =
        txn.open_table(ORDER)?.iter()?.map(|entry| Ok(entry?.1.value().to_owned())).collect::<Result<_>>()?;
    for id in ids {
        index(txn, &read(txn, &id)?, None, policy.resend_after)?;
    }
    txn.open_table(META)?.insert("indexes", INDEXES)?;
    Ok(())
}

pub fn read(txn: &Txn, id: &str) -> Result<Row> {
    let table = txn.open_table(MESSAGES)?;
    let bytes = table.get(id)?.ok_or(StoreError::NotFound)?;
    row(txn.vault(), bytes.value())
}

pub fn row(vault: &Vault, bytes: &[u8]) -> Result<Row> {
    row_of(txn::open(vault, bytes)?)
}

pub fn row_of(record: MessageRecord) -> Result<Row> {
    Ok(Row { number: record.number, revision: record.revision, message: record.message()? })
}
