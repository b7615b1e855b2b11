//! PDUs as a modem lists them: committed here before the modem is told to delete them.

use super::inbox::{Taken, append_assembled};
use super::inbox_records::UndecodedRecord;
use super::txn::{self, Keyed, Txn};
use super::{
    DESTINATIONS, INBOX, MESSAGES, Pending, Policy, Result, SEEN, Store, StoreError, UNDECODED, index,
    outbox, parts, records,
};
use crate::domain::inbound::DUPLICATE_WINDOW;
use crate::domain::outbox::Outgoing;
use crate::domain::pairing::{self, Report};
use crate::domain::pdu::{self, Deliver, FromNetwork, StatusReport};
use crate::domain::phone;
use jiff::Timestamp;
use redb::{ReadableDatabase, ReadableTable, ReadableTableMetadata};
use sha2::{Digest, Sha256};

/// PDUs that could not be read are kept for a person, the oldest go first.
const UNDECODED_MAX: u64 = 1000;
/// Beyond this the SIM and then the network keep what comes: a consumer must acknowledge first.
const INBOX_MAX: u64 = 1_000_000;
/// Messages to one number that a report may be about: more than its 25 hours ever see.
const CANDIDATES_MAX: usize = 256;

/// A PDU that could not be read. It may hold personal data.
#[derive(Clone)]
pub struct UndecodedRow {
    pub number: u64,
    pub pdu: Vec<u8>,
    pub modem: String,
    pub received_at: Timestamp,
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
        let work =
            move |txn: &Txn| pdus.iter().map(|bytes| take_pdu(txn, &modem, bytes, now, &policy)).collect();
        self.writer.enqueue(work).await
    }

    /// Newest first.
    pub fn list_undecoded(&self, before: u64, limit: usize) -> Result<Vec<UndecodedRow>> {
        let txn = self.db.begin_read()?;
        let mut rows = Vec::new();
        for entry in txn.open_table(UNDECODED)?.range(..before)?.rev().take(limit) {
            let (number, bytes) = entry?;
            let record: UndecodedRecord = txn::open(&self.vault, bytes.value())?;
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
}

/// A modem lists a message again when its deletion was lost; the time stamp inside makes equal TPDUs the same one.
fn is_repeat(txn: &Txn, tpdu: &[u8], now: Timestamp) -> Result<bool> {
    let hash = txn.keyed(Keyed::Seen, &Sha256::digest(tpdu));
    let mut seen = txn.open_table(SEEN)?;
    let before = seen.get(hash.as_bytes())?.map(|at| at.value());
    if let Some(at) = before
        && now < records::time(at)? + DUPLICATE_WINDOW
    {
        return Ok(true);
    }
    seen.insert(hash.as_bytes(), now.as_microsecond())?;
    Ok(false)
}

pub(super) fn take_pdu(
    txn: &Txn,
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

fn check_room(txn: &Txn) -> Result<()> {
    if txn.open_table(INBOX)?.len()? < INBOX_MAX { Ok(()) } else { Err(StoreError::InboxFull) }
}

fn take_deliver(
    txn: &Txn,
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

/// Whether it belongs to one of our messages.
fn take_report(
    txn: &Txn,
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
fn candidates(txn: &Txn, to: &str) -> Result<Vec<Outgoing>> {
    let digits: String = to.chars().filter(char::is_ascii_digit).collect();
    let (destinations, messages) = (txn.open_table(DESTINATIONS)?, txn.open_table(MESSAGES)?);
    let tail = txn.keyed(Keyed::Tail, phone::tail(&digits).as_bytes());
    let tail = tail.as_str();
    let mut found = Vec::new();
    for entry in destinations.range((tail, 0)..=(tail, u64::MAX))?.rev().take(CANDIDATES_MAX) {
        let bytes = messages.get(entry?.1.value())?.ok_or(StoreError::Corrupt("index"))?;
        found.push(index::row(txn.vault(), bytes.value())?.message);
    }
    Ok(found)
}

fn keep_undecoded(txn: &Txn, modem: &str, bytes: &[u8], now: Timestamp) -> Result<()> {
    let mut table = txn.open_table(UNDECODED)?;
    let number = table.last()?.map_or(1, |(last, _)| last.value() + 1);
    let record =
        UndecodedRecord { pdu: bytes.to_vec(), received_at: now.as_microsecond(), modem: modem.to_owned() };
    table.insert(number, txn.seal(&record)?.as_slice())?;
    table.retain_in(..number.saturating_sub(UNDECODED_MAX), |_, _| false)?;
    Ok(())
}
