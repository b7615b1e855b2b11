//! The lines of an export (proto/chit/ledger/v1/journal.proto). They are written in one way only, so that a verifier
//! can write them again and compare every byte.

use chit_proto::ledger::v1::JournalRecord;
use chit_proto::ledger::v1::journal_record::Change;
use prost::Message as _;
use serde_json::Value;

/// First byte of a stored record.
const RECORD_VERSION: u8 = 1;

pub fn header(origin: &str, records: u64) -> String {
    format!(r#"{{"format":"chit-ledger-export/1","origin":{},"records":{records}}}"#, quoted(origin))
}

pub fn checkpoint(signed_note: &str) -> String {
    format!(r#"{{"checkpoint":{}}}"#, quoted(signed_note))
}

/// `None` = the bytes are no record with this number.
pub fn record(seq: u64, stored: &[u8]) -> Option<String> {
    let (&RECORD_VERSION, body) = stored.split_first()? else { return None };
    let record = JournalRecord::decode(body).ok().filter(|record| record.seq == seq)?;
    let time = jiff::Timestamp::from_microsecond(record.time_unix_us).ok()?;
    let change = match record.change? {
        Change::Account(_) => "account",
        Change::Transfer(_) => "transfer",
        Change::FailedTransfer(_) => "failed_transfer",
        Change::ExpiredTransfer(_) => "expired_transfer",
        Change::Fact(_) => "fact",
    };
    Some(format!(
        r#"{{"seq":{seq},"time":"{time:.6}","actor":{},"change":"{change}","record":"{}"}}"#,
        quoted(&record.actor),
        hex::encode(stored)
    ))
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
