//! The tables. Values are a version byte and a protobuf-encoded record of `domain`.

use redb::{ReadableTable, TableDefinition, WriteTransaction};

use super::rows::decode;
use super::storage;
use crate::domain::dialogue::Challenge;
use crate::domain::refusal::{Refusal, Result};

pub type Records = TableDefinition<'static, &'static str, &'static [u8]>;
pub type Index = TableDefinition<'static, &'static str, &'static str>;
pub type Sequence = TableDefinition<'static, u64, &'static [u8]>;

/// <sale id, Sale>
pub const SALES: Records = TableDefinition::new("sales");
/// <sale id, ""> of sales that are not final
pub const OPEN_SALES: Index = TableDefinition::new("open_sales");
/// <receipt number, sale id>
pub const RECEIPT_NUMBERS: Index = TableDefinition::new("receipt_numbers");
/// <lookup code, sale id>
pub const LOOKUP_CODES: Index = TableDefinition::new("lookup_codes");
/// <payer id, Payer>
pub const PAYERS: Records = TableDefinition::new("payers");
/// <phone in E.164, payer id>: one phone, one payer
pub const PHONES: Index = TableDefinition::new("phones");
/// <challenge id, Challenge>
pub const CHALLENGES: Records = TableDefinition::new("challenges");
/// <payer id/challenge id, "">
pub const CHALLENGES_OF: Index = TableDefinition::new("challenges_of");
/// <payer id, JPEG>: the enrolment photo, apart from the record that is read all the time
pub const PHOTOS: Records = TableDefinition::new("photos");
/// <message id, OutMessage>: ids begin with their time
pub const MESSAGES: Records = TableDefinition::new("messages");
/// <fact id, OutFact> until the ledger has it
pub const FACTS: Records = TableDefinition::new("facts");
/// <batch id, Batch>
pub const BATCHES: Records = TableDefinition::new("batches");
/// <dispute id, Dispute>
pub const DISPUTES: Records = TableDefinition::new("disputes");
/// <request id, Remembered>
pub const REQUESTS: Records = TableDefinition::new("requests");
/// <staff name, Lockout>: wrong PINs since the last right one
pub const PIN_LOCKOUTS: Records = TableDefinition::new("pin_lockouts");
/// <row number, Effect>
pub const OUTBOX: Sequence = TableDefinition::new("outbox");
/// <revision, Event>
pub const EVENTS: Sequence = TableDefinition::new("events");
/// <name, number>: counters and cursors
pub const NUMBERS: TableDefinition<&str, u64> = TableDefinition::new("numbers");

pub const SCHEMA: &str = "schema";
/// 2: challenges are indexed by payer, photos are apart.
const SCHEMA_VERSION: u64 = 2;

pub fn create(tx: &WriteTransaction) -> Result<()> {
    for table in
        [SALES, PAYERS, CHALLENGES, MESSAGES, FACTS, BATCHES, DISPUTES, REQUESTS, PHOTOS, PIN_LOCKOUTS]
    {
        tx.open_table(table).map_err(storage)?;
    }
    for table in [OPEN_SALES, RECEIPT_NUMBERS, LOOKUP_CODES, PHONES, CHALLENGES_OF] {
        tx.open_table(table).map_err(storage)?;
    }
    for table in [OUTBOX, EVENTS] {
        tx.open_table(table).map_err(storage)?;
    }
    let mut numbers = tx.open_table(NUMBERS).map_err(storage)?;
    let known = numbers.get(SCHEMA).map_err(storage)?.map(|value| value.value());
    match known {
        None => {
            numbers.insert(SCHEMA, SCHEMA_VERSION).map_err(storage)?;
            Ok(())
        }
        Some(SCHEMA_VERSION) => Ok(()),
        Some(1) => {
            index_challenges(tx)?;
            numbers.insert(SCHEMA, SCHEMA_VERSION).map_err(storage)?;
            Ok(())
        }
        Some(other) => Err(Refusal::internal(format!(
            "checkout's state has schema {other}, this program knows {SCHEMA_VERSION}; install the matching release"
        ))),
    }
}

fn index_challenges(tx: &WriteTransaction) -> Result<()> {
    let challenges = tx.open_table(CHALLENGES).map_err(storage)?;
    let mut index = tx.open_table(CHALLENGES_OF).map_err(storage)?;
    for row in challenges.iter().map_err(storage)? {
        let challenge: Challenge = decode(row.map_err(storage)?.1.value())?;
        index.insert(challenge_key(&challenge).as_str(), "").map_err(storage)?;
    }
    Ok(())
}

pub(super) fn challenge_key(challenge: &Challenge) -> String {
    format!("{}/{}", challenge.payer_id, challenge.challenge_id)
}
