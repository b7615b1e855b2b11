//! Parts of long messages on disk, until their message is whole, its reference is used again, or its time is over.

use super::inbox::{Taken, append_assembled};
use super::inbox_records::PartRecord;
use super::txn::{self, Keyed, Txn};
use super::{PARTS, PASSED_ON, Policy, Result, Store, records};
use crate::domain::concatenation::{self, Part, Place};
use crate::domain::inbound::{self, PARTS_WAIT, PartKey};
use crate::domain::pdu::{self, Concatenation, Deliver, FromNetwork};
use chit_vault::Vault;
use jiff::Timestamp;
use redb::{ReadableDatabase, ReadableTable};

impl Store {
    /// Passes on long messages whose missing parts will not come any more.
    pub fn flush_parts(&self, now: Timestamp) -> Result<()> {
        if late_parts(&self.vault, &self.db.begin_read()?.open_table(PARTS)?, now)?.is_empty() {
            return Ok(());
        }
        let policy = self.policy;
        self.write(move |txn| {
            let late = late_parts(txn.vault(), &txn.open_table(PARTS)?, now)?;
            for key in late {
                pass_on(txn, &key, now, &policy)?;
            }
            let long_ago = (now - PARTS_WAIT).as_microsecond();
            txn.open_table(PASSED_ON)?.retain(|_, (_, at)| at > long_ago)?;
            Ok(())
        })
    }
}

pub fn take(
    txn: &Txn,
    deliver: &Deliver,
    part: Concatenation,
    pdu: Vec<u8>,
    (modem, now): (&str, Timestamp),
    policy: &Policy,
) -> Result<Taken> {
    let key = inbound::part_key(deliver, part);
    // From here on the sender is the keyed hash that the tables know them by.
    let key = PartKey { from: txn.keyed(Keyed::Sender, key.from.as_bytes()), ..key };
    let waiting = waiting(txn, &key)?;
    let place = {
        let known: Vec<Part<'_>> = waiting.iter().map(|(number, waits)| seen(*number, waits)).collect();
        concatenation::place(seen(part.number, deliver), &known, passed_on(txn, &key)?)
    };
    match place {
        Place::Repeats => return Ok(Taken::Duplicate),
        Place::Alone => {
            append_assembled(txn, std::slice::from_ref(deliver), key.total, modem, now, policy)?;
            return Ok(Taken::Message);
        }
        Place::BeginsAnother => pass_on(txn, &key, now, policy)?,
        Place::Joins => {}
    }
    let record = PartRecord { pdu, received_at: now.as_microsecond(), modem: modem.to_owned() };
    let at = (key.from.as_str(), key.reference, key.total, part.number);
    txn.open_table(PARTS)?.insert(at, txn.seal(&record)?.as_slice())?;
    let before = if place == Place::Joins { waiting.len() } else { 0 };
    if before + 1 < usize::from(part.total) {
        return Ok(Taken::Part);
    }
    let (parts, _) = take_all(txn, &key)?;
    append_assembled(txn, &parts, key.total, modem, now, policy)?;
    Ok(Taken::Message)
}

fn seen(number: u8, deliver: &Deliver) -> Part<'_> {
    Part { number, body: &deliver.body, stamp: deliver.sent_at }
}

/// As it is, and remembers when it was sent: its other parts may still come.
fn pass_on(txn: &Txn, key: &PartKey, now: Timestamp, policy: &Policy) -> Result<()> {
    let (parts, modem) = take_all(txn, key)?;
    if let Some(stamp) = parts.iter().filter_map(|part| part.sent_at).max() {
        let place = (key.from.as_str(), key.reference, key.total);
        txn.open_table(PASSED_ON)?.insert(place, (stamp.as_microsecond(), now.as_microsecond()))?;
    }
    append_assembled(txn, &parts, key.total, &modem, now, policy)
}

fn passed_on(txn: &Txn, key: &PartKey) -> Result<Option<Timestamp>> {
    let table = txn.open_table(PASSED_ON)?;
    let known = table.get((key.from.as_str(), key.reference, key.total))?;
    known.map(|known| records::time(known.value().0)).transpose()
}

fn waiting(txn: &Txn, key: &PartKey) -> Result<Vec<(u8, Deliver)>> {
    let (from, reference, total) = (key.from.as_str(), key.reference, key.total);
    let table = txn.open_table(PARTS)?;
    let mut parts = Vec::new();
    for entry in table.range((from, reference, total, 0)..=(from, reference, total, u8::MAX))? {
        let (place, bytes) = entry?;
        let record: PartRecord = txn.open(bytes.value())?;
        if let Ok(FromNetwork::Deliver(deliver)) = pdu::decode(&record.pdu) {
            parts.push((place.value().3, deliver));
        }
    }
    Ok(parts)
}

fn take_all(txn: &Txn, key: &PartKey) -> Result<(Vec<Deliver>, String)> {
    let from = key.from.as_str();
    let mut table = txn.open_table(PARTS)?;
    let (mut parts, mut modem) = (Vec::new(), String::new());
    for number in 1..=key.total {
        let Some(bytes) = table.remove((from, key.reference, key.total, number))? else { continue };
        let record: PartRecord = txn.open(bytes.value())?;
        if let Ok(FromNetwork::Deliver(deliver)) = pdu::decode(&record.pdu) {
            parts.push(deliver);
        }
        modem = record.modem;
    }
    Ok((parts, modem))
}

/// Sets of parts that wait too long.
fn late_parts(
    vault: &Vault,
    parts: &impl ReadableTable<(&'static str, u16, u8, u8), &'static [u8]>,
    now: Timestamp,
) -> Result<Vec<PartKey>> {
    let mut late: Vec<PartKey> = Vec::new();
    for entry in parts.iter()? {
        let (key, bytes) = entry?;
        let part: PartRecord = txn::open(vault, bytes.value())?;
        let (from, reference, total, _) = key.value();
        let key = PartKey { from: from.to_owned(), reference, total };
        if now >= records::time(part.received_at)? + PARTS_WAIT && late.last() != Some(&key) {
            late.push(key);
        }
    }
    Ok(late)
}

#[cfg(test)]
#[path = "parts_tests.rs"]
mod tests;
