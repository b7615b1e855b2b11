//! Incoming messages, and how far each consumer has read them.

use super::inbox_records::InboundRecord;
use super::txn::{self, Keyed, Txn};
use super::{ACKS, BUCKETS, INBOX, Policy, ROUTES, Result, Store, StoreError, records};
use crate::domain::inbound::{self, Incoming};
use crate::domain::pdu::Deliver;
use crate::domain::phone;
use crate::domain::rate::Bucket;
use chit_msisdn::{Country, Sender};
use chit_vault::Vault;
use jiff::Timestamp;
use redb::{ReadableDatabase, ReadableTable};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundRow {
    pub seq: u64,
    pub message: Incoming,
    /// Who it may be from in the shop's country.
    pub sender: Sender,
}

/// What became of a PDU. All of them are safe to delete from the modem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    Message,
    Part,
    Report { paired: bool },
    Duplicate,
    Undecoded,
}

impl Store {
    pub fn inbound_after(&self, seq: u64, limit: usize) -> Result<Vec<InboundRow>> {
        let txn = self.db.begin_read()?;
        let inbox = txn.open_table(INBOX)?;
        let country = self.policy.country;
        let range = inbox.range(seq.saturating_add(1)..)?.take(limit);
        range.map(|entry| inbound_row(&self.vault, entry?, country)).collect()
    }

    /// Newest first, only those with a number below `before`.
    pub fn list_inbound(&self, before: u64, limit: usize) -> Result<Vec<InboundRow>> {
        let txn = self.db.begin_read()?;
        let inbox = txn.open_table(INBOX)?;
        let country = self.policy.country;
        let range = inbox.range(..before)?.rev().take(limit);
        range.map(|entry| inbound_row(&self.vault, entry?, country)).collect()
    }

    /// Cumulative: an older acknowledgement changes nothing and returns the newest.
    pub fn ack_inbound(&self, consumer: &str, up_to: u64) -> Result<u64> {
        let consumer = consumer.to_owned();
        self.write(move |txn| {
            let last = txn.open_table(INBOX)?.last()?.map_or(0, |(last, _)| last.value());
            if up_to > last {
                return Err(StoreError::AckOutOfRange);
            }
            let mut acks = txn.open_table(ACKS)?;
            let known = acks.get(consumer.as_str())?.map_or(0, |seq| seq.value());
            let acked = known.max(up_to);
            acks.insert(consumer.as_str(), acked)?;
            Ok(acked)
        })
    }
}

/// Of a stored record, for pruning.
pub(super) fn received_at(vault: &Vault, bytes: &[u8]) -> Result<Timestamp> {
    records::time(txn::open::<InboundRecord>(vault, bytes)?.received_at)
}

type Entry<'a> = (redb::AccessGuard<'a, u64>, redb::AccessGuard<'a, &'static [u8]>);

fn inbound_row(vault: &Vault, entry: Entry<'_>, country: Country) -> Result<InboundRow> {
    let message = txn::open::<InboundRecord>(vault, entry.1.value())?.message()?;
    Ok(InboundRow { seq: entry.0.value(), sender: message.from.sender(country), message })
}

pub(super) fn append_assembled(
    txn: &Txn,
    parts: &[Deliver],
    total: u8,
    modem: &str,
    now: Timestamp,
    policy: &Policy,
) -> Result<()> {
    let parts: Vec<&Deliver> = parts.iter().collect();
    match inbound::assemble(&parts, total, modem, now) {
        Some(message) => append(txn, message, policy.country),
        None => Ok(()),
    }
}

fn append(txn: &Txn, mut message: Incoming, country: Country) -> Result<()> {
    let now = message.received_at;
    let from = message.from.sender(country);
    // However the network writes it, one person has one allowance.
    let likeliest = from.candidates().first();
    let payer = likeliest.map_or(message.from.raw.as_str(), |number| number.as_str());
    message.over_rate = !spend(txn, payer, now)?;
    // Answers go out by the number that was written to.
    if let Some(number) = likeliest {
        let tail = txn.keyed(Keyed::Tail, phone::tail(number.digits()).as_bytes());
        txn.open_table(ROUTES)?.insert(tail.as_str(), message.modem.as_str())?;
    }
    let mut inbox = txn.open_table(INBOX)?;
    let seq = inbox.last()?.map_or(1, |(last, _)| last.value() + 1);
    inbox.insert(seq, txn.seal(&InboundRecord::of(&message))?.as_slice())?;
    Ok(())
}

/// False when this sender writes more than a person does.
fn spend(txn: &Txn, from: &str, now: Timestamp) -> Result<bool> {
    let from = txn.keyed(Keyed::Sender, from.as_bytes());
    let mut buckets = txn.open_table(BUCKETS)?;
    let known = buckets.get(from.as_str())?.map(|bucket| bucket.value());
    let mut bucket = match known {
        Some((level, at)) => Bucket { level, at: records::time(at)? },
        None => Bucket::full(now),
    };
    let allowed = bucket.take(now);
    buckets.insert(from.as_str(), (bucket.level, now.as_microsecond()))?;
    Ok(allowed)
}

#[cfg(test)]
#[path = "inbox_tests.rs"]
mod tests;
