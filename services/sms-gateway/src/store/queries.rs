//! Reading the outbox, and choosing what a modem sends next.

use super::index::{Row, row};
use super::txn::{self, Keyed};
use super::{
    DUE, EVENTS, MESSAGES, ORDER, ROUTES, Result, SENDABLE, SENDS, SUBJECTS, SUBMITS, SUBMITTING, Store,
    StoreError, UNKNOWN,
};
use crate::domain::outbox::Outgoing;
use crate::domain::rate::Past;
use jiff::Timestamp;
use redb::{ReadableDatabase, ReadableTable, ReadableTableMetadata};

/// Messages of the outbox that somebody looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub waiting: u32,
    pub unknown: u32,
}

/// Who asks for the next message.
pub struct Pick<'a> {
    pub modem: &'a str,
    /// Whether another modem can carry on a dialogue that it has begun.
    pub keeps: &'a dyn Fn(&str) -> bool,
    /// Whether a message, or its destination, is with another modem at this moment.
    pub taken: &'a dyn Fn(&Outgoing) -> bool,
}

impl Store {
    pub fn get(&self, id: &str) -> Result<Row> {
        let txn = self.db.begin_read()?;
        let table = txn.open_table(MESSAGES)?;
        let bytes = table.get(id)?.ok_or(StoreError::NotFound)?;
        row(&self.vault, bytes.value())
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
            .map(|id| {
                row(&self.vault, messages.get(id.as_str())?.ok_or(StoreError::Corrupt("index"))?.value())
            })
            .collect()
    }

    /// Changes after `revision`, oldest first.
    pub fn events_after(&self, revision: u64, limit: usize) -> Result<Vec<Row>> {
        let txn = self.db.begin_read()?;
        let events = txn.open_table(EVENTS)?;
        let after = revision.saturating_add(1);
        events.range(after..)?.take(limit).map(|entry| row(&self.vault, entry?.1.value())).collect()
    }

    /// The most urgent message that this modem may send now.
    pub fn next_for(&self, pick: &Pick<'_>, now: Timestamp) -> Result<Option<Row>> {
        let txn = self.db.begin_read()?;
        let (messages, routes) = (txn.open_table(MESSAGES)?, txn.open_table(ROUTES)?);
        for entry in txn.open_table(SENDABLE)?.iter()? {
            let (_, id) = entry?;
            let row =
                row(&self.vault, messages.get(id.value())?.ok_or(StoreError::Corrupt("index"))?.value())?;
            let message = &row.message;
            if !message.is_sendable(now) || (pick.taken)(message) {
                continue;
            }
            let tail = txn::keyed(&self.vault, Keyed::Tail, message.to.tail().as_bytes());
            let route = routes.get(tail.as_str())?.map(|modem| modem.value().to_owned());
            let mine = match (message.is_bound(), route) {
                (true, _) => message.modem == pick.modem,
                (false, Some(modem)) => modem == pick.modem || !(pick.keeps)(&modem),
                (false, None) => true,
            };
            if mine {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// Past submissions of a modem, for its caps.
    pub fn submits_of(&self, modem: &str) -> Result<Past> {
        let txn = self.db.begin_read()?;
        let submits = txn.open_table(SUBMITS)?;
        let range = submits.range((modem, 0, 0)..=(modem, u64::MAX, u32::MAX))?;
        let mut times: Vec<i64> = range.map(|entry| Ok(entry?.1.value())).collect::<Result<_>>()?;
        times.sort_unstable();
        let mut past = Past::default();
        for time in times {
            past.record(super::records::time(time)?);
        }
        Ok(past)
    }

    /// The first answer to a call that was made before.
    pub fn find_sent(&self, id: &str, fingerprint: &[u8; 32]) -> Result<Option<Row>> {
        let txn = self.db.begin_read()?;
        let sends = txn.open_table(SENDS)?;
        sends
            .get(id)?
            .map(|bytes| super::outbox::first_answer(&self.vault, bytes.value(), fingerprint))
            .transpose()
    }

    /// Who queued messages since then, oldest first.
    pub fn clients_since(&self, since: Timestamp) -> Result<Vec<(u32, Timestamp)>> {
        let txn = self.db.begin_read()?;
        let messages = txn.open_table(MESSAGES)?;
        let mut clients = Vec::new();
        for entry in txn.open_table(ORDER)?.iter()?.rev() {
            let row = row(
                &self.vault,
                messages.get(entry?.1.value())?.ok_or(StoreError::Corrupt("index"))?.value(),
            )?;
            if row.message.created_at < since {
                break;
            }
            clients.push((row.message.client, row.message.created_at));
        }
        clients.reverse();
        Ok(clients)
    }

    pub fn counts(&self) -> Result<Counts> {
        let txn = self.db.begin_read()?;
        let waiting = txn.open_table(SENDABLE)?.len()? + txn.open_table(SUBMITTING)?.len()?;
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(Counts { waiting: count(waiting), unknown: count(txn.open_table(UNKNOWN)?.len()?) })
    }

    pub(super) fn is_anything_due(&self, now: Timestamp) -> Result<bool> {
        let txn = self.db.begin_read()?;
        let first = txn.open_table(DUE)?.first()?.map(|(key, _)| key.value().0);
        Ok(first.is_some_and(|at| at <= now.as_microsecond()))
    }
}
