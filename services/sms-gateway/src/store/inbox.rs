//! Incoming PDUs: committed here before the modem is told to delete them.

use super::records::{self, InboundRecord, PartRecord};
use super::{ACKS, INBOX, PARTS, Result, SEEN, Store, StoreError, UNREADABLE, outbox};
use crate::domain::inbound::{self, DUPLICATE_WINDOW, Incoming, PARTS_WAIT, PartKey};
use crate::domain::pairing::{self, Report};
use crate::domain::pdu::{self, Concatenation, Deliver, FromNetwork, StatusReport};
use jiff::Timestamp;
use redb::{ReadableDatabase, ReadableTable, WriteTransaction};
use sha2::{Digest, Sha256};

/// PDUs that could not be read are kept for a person, the oldest go first.
const UNREADABLE_MAX: u64 = 1000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundRow {
    pub seq: u64,
    pub message: Incoming,
}

/// What became of a PDU. All of them are safe to delete from the modem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    Message,
    Part,
    Report { paired: bool },
    Duplicate,
    Unreadable,
}

impl Store {
    pub fn take_pdu(&self, modem: &str, bytes: &[u8], now: Timestamp) -> Result<Taken> {
        let txn = self.db.begin_write()?;
        if is_repeat(&txn, pdu::tpdu(bytes), now)? {
            return Ok(Taken::Duplicate);
        }
        let mut revision = 0;
        let taken = match pdu::decode(bytes) {
            Ok(FromNetwork::Deliver(deliver)) => take_deliver(&txn, &deliver, bytes, now)?,
            Ok(FromNetwork::StatusReport(report)) => {
                let paired = take_report(&txn, modem, &report, now)?;
                revision = paired.unwrap_or_default();
                Taken::Report { paired: paired.is_some() }
            }
            Err(_) => {
                keep_unreadable(&txn, bytes)?;
                Taken::Unreadable
            }
        };
        self.commit_revision(txn, revision)?;
        self.announce_inbound()?;
        Ok(taken)
    }

    /// Passes on long messages whose missing parts will not come any more.
    pub fn flush_parts(&self, now: Timestamp) -> Result<()> {
        if self.late_parts(now)?.is_empty() {
            return Ok(());
        }
        let txn = self.db.begin_write()?;
        for key in self.late_parts(now)? {
            let parts = take_parts(&txn, &key)?;
            append_assembled(&txn, &parts, key.total, now)?;
        }
        txn.commit()?;
        self.announce_inbound()
    }

    fn late_parts(&self, now: Timestamp) -> Result<Vec<PartKey>> {
        let txn = self.db.begin_read()?;
        let mut late: Vec<PartKey> = Vec::new();
        for entry in txn.open_table(PARTS)?.iter()? {
            let (key, bytes) = entry?;
            let part: PartRecord = records::read(bytes.value())?;
            let (from, reference, total, _) = key.value();
            let key = PartKey { from: from.to_owned(), reference, total };
            if now >= records::time(part.received_at)? + PARTS_WAIT && late.last() != Some(&key) {
                late.push(key);
            }
        }
        Ok(late)
    }

    pub fn inbound_after(&self, seq: u64, limit: usize) -> Result<Vec<InboundRow>> {
        let txn = self.db.begin_read()?;
        let inbox = txn.open_table(INBOX)?;
        inbox.range(seq.saturating_add(1)..)?.take(limit).map(|entry| inbound_row(entry?)).collect()
    }

    /// Newest first, only those with a number below `before`.
    pub fn list_inbound(&self, before: u64, limit: usize) -> Result<Vec<InboundRow>> {
        let txn = self.db.begin_read()?;
        let inbox = txn.open_table(INBOX)?;
        inbox.range(..before)?.rev().take(limit).map(|entry| inbound_row(entry?)).collect()
    }

    /// Cumulative: an older acknowledgement changes nothing and returns the newest.
    pub fn ack_inbound(&self, consumer: &str, up_to: u64) -> Result<u64> {
        if up_to > self.last_inbound()? {
            return Err(StoreError::AckOutOfRange);
        }
        let txn = self.db.begin_write()?;
        let acked = {
            let mut acks = txn.open_table(ACKS)?;
            let known = acks.get(consumer)?.map_or(0, |seq| seq.value());
            let acked = known.max(up_to);
            acks.insert(consumer, acked)?;
            acked
        };
        txn.commit()?;
        Ok(acked)
    }

    pub(super) fn last_inbound(&self) -> Result<u64> {
        let txn = self.db.begin_read()?;
        Ok(txn.open_table(INBOX)?.last()?.map_or(0, |(last, _)| last.value()))
    }

    fn announce_inbound(&self) -> Result<()> {
        let last = self.last_inbound()?;
        self.inbound.send_if_modified(|known| {
            let newer = last > *known;
            *known = last.max(*known);
            newer
        });
        Ok(())
    }
}

fn inbound_row(entry: (redb::AccessGuard<'_, u64>, redb::AccessGuard<'_, &[u8]>)) -> Result<InboundRow> {
    let record: InboundRecord = records::read(entry.1.value())?;
    Ok(InboundRow { seq: entry.0.value(), message: record.message()? })
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

fn take_deliver(txn: &WriteTransaction, deliver: &Deliver, bytes: &[u8], now: Timestamp) -> Result<Taken> {
    let Some(part) = deliver.concatenation else {
        append_assembled(txn, std::slice::from_ref(deliver), 1, now)?;
        return Ok(Taken::Message);
    };
    let key = inbound::part_key(deliver, part);
    put_part(txn, &key, part, bytes, now)?;
    if count_parts(txn, &key)? < usize::from(part.total) {
        return Ok(Taken::Part);
    }
    let parts = take_parts(txn, &key)?;
    append_assembled(txn, &parts, key.total, now)?;
    Ok(Taken::Message)
}

fn put_part(
    txn: &WriteTransaction,
    key: &PartKey,
    part: Concatenation,
    bytes: &[u8],
    now: Timestamp,
) -> Result<()> {
    let record = PartRecord { pdu: bytes.to_vec(), received_at: now.as_microsecond() };
    let place = (key.from.as_str(), key.reference, key.total, part.number);
    txn.open_table(PARTS)?.insert(place, records::write(&record).as_slice())?;
    Ok(())
}

fn count_parts(txn: &WriteTransaction, key: &PartKey) -> Result<usize> {
    let from = key.from.as_str();
    let parts = txn.open_table(PARTS)?;
    Ok(parts.range((from, key.reference, key.total, 0)..=(from, key.reference, key.total, u8::MAX))?.count())
}

fn take_parts(txn: &WriteTransaction, key: &PartKey) -> Result<Vec<Deliver>> {
    let from = key.from.as_str();
    let mut table = txn.open_table(PARTS)?;
    let mut parts = Vec::new();
    for number in 1..=key.total {
        let Some(bytes) = table.remove((from, key.reference, key.total, number))? else { continue };
        let record: PartRecord = records::read(bytes.value())?;
        if let Ok(FromNetwork::Deliver(deliver)) = pdu::decode(&record.pdu) {
            parts.push(deliver);
        }
    }
    Ok(parts)
}

fn append_assembled(txn: &WriteTransaction, parts: &[Deliver], total: u8, now: Timestamp) -> Result<()> {
    let parts: Vec<&Deliver> = parts.iter().collect();
    let Some(message) = inbound::assemble(&parts, total, now) else { return Ok(()) };
    let mut inbox = txn.open_table(INBOX)?;
    let seq = inbox.last()?.map_or(1, |(last, _)| last.value() + 1);
    inbox.insert(seq, records::write(&InboundRecord::of(&message)).as_slice())?;
    Ok(())
}

/// Returns the revision of the message it changed or repeated; `None` if it belongs to none of ours.
fn take_report(
    txn: &WriteTransaction,
    modem: &str,
    report: &StatusReport,
    now: Timestamp,
) -> Result<Option<u64>> {
    let candidates = outbox::open_messages(txn)?;
    let wanted = Report { modem, reference: report.reference, to: &report.to.raw, now };
    let Some(id) = pairing::find(&wanted, &candidates).map(|message| message.id.clone()) else {
        return Ok(None);
    };
    let row = outbox::change(txn, &id, now, |message| {
        message.report(report.outcome(), now);
        Ok(())
    })?;
    Ok(Some(row.revision))
}

fn keep_unreadable(txn: &WriteTransaction, bytes: &[u8]) -> Result<()> {
    let mut table = txn.open_table(UNREADABLE)?;
    let number = table.last()?.map_or(1, |(last, _)| last.value() + 1);
    table.insert(number, bytes)?;
    table.retain(|kept, _| kept + UNREADABLE_MAX > number)?;
    Ok(())
}
