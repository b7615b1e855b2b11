//! The journal's stored form: `proto/chit/ledger/v1/journal.proto`.

use chit_proto::ledger::v1 as pb;
use chit_proto::ledger::v1::journal_record::Change as PbChange;
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use crate::domain::{Account, Change, Reason, Record, Stamp, Subject, UnixMicros};
use crate::wire;

/// First byte of every stored record.
pub const RECORD_VERSION: u8 = 1;

/// Chain value: SHA-256(previous chain value ‖ stored bytes).
pub type ChainHash = [u8; 32];

/// The predecessor of record 1.
pub const CHAIN_START: ChainHash = [0; 32];

/// Stored bytes that are no record of this ledger.
#[derive(Debug, thiserror::Error)]
pub enum RecordFault {
    #[error("the record is empty")]
    Empty,
    #[error("record version {0} is unknown: a newer Chit wrote it")]
    Version(u8),
    #[error("the record is not a JournalRecord")]
    Encoding(#[from] prost::DecodeError),
    #[error("the record has no change")]
    NoChange,
    #[error("the record's refusal has an unknown reason")]
    Reason,
    #[error("the record has a bad field")]
    Field(#[from] wire::FieldFault),
}

pub fn chain(previous: &ChainHash, stored: &[u8]) -> ChainHash {
    Sha256::new().chain_update(previous).chain_update(stored).finalize().into()
}

pub fn encode(record: &Record) -> Vec<u8> {
    let change = match &record.change {
        Change::AccountCreated(account) => {
            // The record itself has the time.
            PbChange::Account(pb::Account { create_time: None, ..wire::account_to_pb(account) })
        }
        Change::Transferred(transfer) => PbChange::Transfer(wire::transfer_to_pb(transfer)),
        Change::Refused(request, reason) => PbChange::FailedTransfer(pb::FailedTransfer {
            transfer: Some(wire::request_to_pb(request)),
            reason: reason.as_str().to_owned(),
        }),
        Change::Expired(id) => PbChange::ExpiredTransfer(pb::ExpiredTransfer { transfer_id: id.to_string() }),
        Change::FactRecorded(fact) => PbChange::Fact(wire::fact_to_pb(fact, &record.actor)),
    };
    let message = pb::JournalRecord {
        seq: record.stamp.seq,
        time_unix_us: record.stamp.time.0,
        actor: record.actor.as_str().to_owned(),
        change: Some(change),
    };
    let mut stored = Vec::with_capacity(1 + message.encoded_len());
    stored.push(RECORD_VERSION);
    message.encode_raw(&mut stored);
    stored
}

/// Reads a record back. `subjects` and `accounts` hold what the record itself names.
pub fn decode(stored: &[u8]) -> Result<Record, RecordFault> {
    let (version, body) = stored.split_first().ok_or(RecordFault::Empty)?;
    if *version != RECORD_VERSION {
        return Err(RecordFault::Version(*version));
    }
    let message = pb::JournalRecord::decode(body)?;
    let time = UnixMicros(message.time_unix_us);
    let (mut subjects, mut accounts) = (Vec::new(), None);
    let change = match message.change.ok_or(RecordFault::NoChange)? {
        PbChange::Account(account) => {
            Change::AccountCreated(Account::opened(wire::account_terms(&account)?, time))
        }
        PbChange::Transfer(transfer) => {
            let transfer = wire::accepted_transfer(&transfer)?;
            subjects.extend(transfer.external_ref.clone());
            accounts = Some((transfer.movement.debit, transfer.movement.credit));
            Change::Transferred(transfer)
        }
        PbChange::FailedTransfer(failed) => {
            let request = wire::transfer_request(&failed.transfer.unwrap_or_default())?;
            subjects.extend(request.external_ref.clone());
            Change::Refused(request, Reason::parse(&failed.reason).ok_or(RecordFault::Reason)?)
        }
        PbChange::ExpiredTransfer(expired) => {
            Change::Expired(wire::transfer_id("expired_transfer.transfer_id", &expired.transfer_id)?)
        }
        PbChange::Fact(fact) => {
            let fact = wire::fact(&fact)?;
            subjects.push(Subject::clone(&fact.subject));
            Change::FactRecorded(fact)
        }
    };
    let stamp = Stamp { seq: message.seq, time };
    Ok(Record { stamp, actor: wire::actor("actor", &message.actor)?, change, subjects, accounts })
}
