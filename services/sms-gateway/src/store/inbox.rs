//! Incoming PDUs: committed here before the modem is told to delete them.

use super::inbox_records::{InboundRecord, UndecodedRecord};
use super::{
    ACKS, BUCKETS, DESTINATIONS, INBOX, MESSAGES, Pending, Policy, ROUTES, Result, SEEN, Store, StoreError,
    UNDECODED, index, outbox, parts, records,
};
use crate::domain::inbound::{self, DUPLICATE_WINDOW, Incoming};
use crate::domain::outbox::Outgoing;
use crate::domain::pairing::{self, Report};
use crate::domain::pdu::{self, Deliver, FromNetwork, StatusReport};
use crate::domain::phone;
use crate::domain::rate::Bucket;
use chit_msisdn::{Country, Sender};
use jiff::Timestamp;
use redb::{ReadableDatabase, ReadableTable, ReadableTableMetadata, WriteTransaction};
use sha2::{Digest, Sha256};

/// PDUs that could not be read are kept for a person, the oldest go first.
const UNDECODED_MAX: u64 = 1000;
/// Beyond this the SIM and then the network keep what comes: a consumer must acknowledge first.
const INBOX_MAX: u64 = 1_000_000;
/// Messages to one number that a report may be about: more than its 25 hours ever see.
const CANDIDATES_MAX: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundRow {
    pub seq: u64,
    pub message: Incoming,
    /// Who it may be from in the shop's country.
    pub sender: Sender,
}

/// A PDU that could not be read. It may hold personal data.
#[derive(Clone)]
pub struct UndecodedRow {
    pub number: u64,
    pub pdu: Vec<u8>,
    pub modem: String,
    pub received_at: Timestamp,
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
    /// PDUs of one listing, in one transaction with whatever else waits. `done` tells when it is on disk.
    pub async fn enqueue_pdus(
        &self,
        modem: &str,
        pdus: Vec<Vec<u8>>,
        now: Timestamp,
    ) -> Result<Pending<Vec<Taken>>> {
        let (policy, modem) = (self.policy, modem.to_owned());
        let work = move |txn: &WriteTransaction| {
            pdus.iter().map(|bytes| take_pdu(txn, &modem, bytes, now, &policy)).collect()
        };
        self.writer.enqueue(work).await
    }

    /// Newest first.
    pub fn list_undecoded(&self, before: u64, limit: usize) -> Result<Vec<UndecodedRow>> {
        let txn = self.db.begin_read()?;
        let mut rows = Vec::new();
        for entry in txn.open_table(UNDECODED)?.range(..before)?.rev().take(limit) {
            let (number, bytes) = entry?;
            let record: UndecodedRecord = records::read(bytes.value())?;
            let received_at = records::time(record.received_at)?;
            rows.push(UndecodedRow {
                number: number.value(),
                pdu: record.pdu,
                modem: record.modem,
                received_at,
            });
        }
        Ok(rows)
    }

    pub fn inbound_after(&self, seq: u64, limit: usize) -> Result<Vec<InboundRow>> {
        let txn = self.db.begin_read()?;
        let inbox = txn.open_table(INBOX)?;
        let country = self.policy.country;
        inbox.range(seq.saturating_add(1)..)?.take(limit).map(|entry| inbound_row(entry?, country)).collect()
    }

    /// Newest first, only those with a number below `before`.
    pub fn list_inbound(&self, before: u64, limit: usize) -> Result<Vec<InboundRow>> {
        let txn = self.db.begin_read()?;
        let inbox = txn.open_table(INBOX)?;
        let country = self.policy.country;
        inbox.range(..before)?.rev().take(limit).map(|entry| inbound_row(entry?, country)).collect()
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
pub(super) fn received_at(bytes: &[u8]) -> Result<Timestamp> {
    records::time(records::read::<InboundRecord>(bytes)?.received_at)
}

type Entry<'a> = (redb::AccessGuard<'a, u64>, redb::AccessGuard<'a, &'static [u8]>);

fn inbound_row(entry: Entry<'_>, country: Country) -> Result<InboundRow> {
    let message = records::read::<InboundRecord>(entry.1.value())?.message()?;
    Ok(InboundRow { seq: entry.0.value(), sender: message.from.sender(country), message })
}

/// A modem lists a message again when its deletion was lost; the time stamp inside makes equal TPDUs the same one.
fn is_repeat(txn: &WriteTransaction, tpdu: &[u8], now: Timestamp) -> Result<bool> {
    let hash = Sha256::digest(tpdu);
    let mut seen = txn.open_table(SEEN)?;
    let before = seen.get(hash.as_slice())?.map(|at| at.value());
    if let Some(at) = before
        && now < records::time(at)? + DUPLICATE_WINDOW
    {
        return Ok(true);
    }
    seen.insert(hash.as_slice(), now.as_microsecond())?;
    Ok(false)
}

pub(super) fn take_pdu(
    txn: &WriteTransaction,
    modem: &str,
    bytes: &[u8],
    now: Timestamp,
    policy: &Policy,
) -> Result<Taken> {
    check_room(txn)?;
    if is_repeat(txn, pdu::tpdu(bytes), now)? {
        return Ok(Taken::Duplicate);
    }
    match pdu::decode(bytes) {
        Ok(FromNetwork::Deliver(deliver)) => take_deliver(txn, modem, &deliver, bytes, now, policy),
        Ok(FromNetwork::StatusReport(report)) => {
            Ok(Taken::Report { paired: take_report(txn, modem, &report, now, policy)? })
        }
        Err(_) => {
            keep_undecoded(txn, modem, bytes, now)?;
            Ok(Taken::Undecoded)
        }
    }
}

fn check_room(txn: &WriteTransaction) -> Result<()> {
    if txn.open_table(INBOX)?.len()? < INBOX_MAX { Ok(()) } else { Err(StoreError::InboxFull) }
}

fn take_deliver(
    txn: &WriteTransaction,
    modem: &str,
    deliver: &Deliver,
    bytes: &[u8],
    now: Timestamp,
    policy: &Policy,
) -> Result<Taken> {
    if let Some(part) = deliver.concatenation {
        return parts::take(txn, deliver, part, bytes.to_vec(), (modem, now), policy);
    }
    append_assembled(txn, std::slice::from_ref(deliver), 1, modem, now, policy)?;
    Ok(Taken::Message)
}

pub(super) fn append_assembled(
    txn: &WriteTransaction,
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

fn append(txn: &WriteTransaction, mut message: Incoming, country: Country) -> Result<()> {
    let now = message.received_at;
    let from = message.from.sender(country);
    // However the network writes it, one person has one allowance.
    let likeliest = from.candidates().first();
    let payer = likeliest.map_or(message.from.raw.as_str(), |number| number.as_str());
    message.over_rate = !spend(txn, payer, now)?;
    // Answers go out by the number that was written to.
    if let Some(number) = likeliest {
        txn.open_table(ROUTES)?.insert(phone::tail(number.digits()), message.modem.as_str())?;
    }
    let mut inbox = txn.open_table(INBOX)?;
    let seq = inbox.last()?.map_or(1, |(last, _)| last.value() + 1);
    inbox.insert(seq, records::write(&InboundRecord::of(&message)).as_slice())?;
    Ok(())
}

/// False when this sender writes more than a person does.
fn spend(txn: &WriteTransaction, from: &str, now: Timestamp) -> Result<bool> {
    let mut buckets = txn.open_table(BUCKETS)?;
    let known = buckets.get(from)?.map(|bucket| bucket.value());
    let mut bucket = match known {
        Some((level, at)) => Bucket { level, at: records::time(at)? },
        None => Bucket::full(now),
    };
    let allowed = bucket.take(now);
    buckets.insert(from, (bucket.level, now.as_microsecond()))?;
    Ok(allowed)
}

/// Whether it belongs to one of our messages.
fn take_report(
    txn: &WriteTransaction,
    modem: &str,
    report: &StatusReport,
    now: Timestamp,
    policy: &Policy,
) -> Result<bool> {
    let candidates = candidates(txn, &report.to.raw)?;
    let recipient = report.to.sender(policy.country);
    let wanted = Report {
        modem,
        reference: report.reference,
        to: &report.to.raw,
        recipients: recipient.candidates(),
        now,
    };
    let found = pairing::find(&wanted, &candidates).map(|(message, part)| (message.id.clone(), part));
    let Some((id, part)) = found else { return Ok(false) };
    outbox::change(txn, &id, policy, &mut |message| {
        message.report(part, report.outcome(), now);
        Ok(())
    })?;
    Ok(true)
}

/// Messages to numbers with these last digits, newest first.
fn candidates(txn: &WriteTransaction, to: &str) -> Result<Vec<Outgoing>> {
    let digits: String = to.chars().filter(char::is_ascii_digit).collect();
    let (destinations, messages) = (txn.open_table(DESTINATIONS)?, txn.open_table(MESSAGES)?);
    let tail = phone::tail(&digits);
    let mut found = Vec::new();
    for entry in destinations.range((tail, 0)..=(tail, u64::MAX))?.rev().take(CANDIDATES_MAX) {
        let bytes = messages.get(entry?.1.value())?.ok_or(StoreError::Corrupt("index"))?;
        found.push(index::row(bytes.value())?.message);
    }
    Ok(found)
}

fn keep_undecoded(txn: &WriteTransaction, modem: &str, bytes: &[u8], now: Timestamp) -> Result<()> {
    let mut table = txn.open_table(UNDECODED)?;
    let number = table.last()?.map_or(1, |(last, _)| last.value() + 1);
    let record =
        UndecodedRecord { pdu: bytes.to_vec(), received_at: now.as_microsecond(), modem: modem.to_owned() };
    table.insert(number, records::write(&record).as_slice())?;
    table.retain_in(..number.saturating_sub(UNDECODED_MAX), |_, _| false)?;
    Ok(())
}
