//! Reading records, the same inside and outside of a write.

use jiff::Timestamp;
use prost::Message;
use redb::{ReadTransaction, ReadableTable};

use super::storage;
use super::tables::*;
use crate::domain::approval::PinLockout;
use crate::domain::dialogue::{Challenge, OutFact, OutMessage};
use crate::domain::effect::Effect;
use crate::domain::event::Event;
use crate::domain::people::Payer;
use crate::domain::proof::ReceiptCode;
use crate::domain::refusal::{Refusal, Result};
use crate::domain::sale::Sale;
use crate::domain::settlement::{Batch, Dispute};

/// First byte of every stored record.
pub(super) const RECORD_VERSION: u8 = 1;

pub(super) fn encode(record: &impl Message) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(record.encoded_len() + 1);
    bytes.push(RECORD_VERSION);
    bytes.extend(record.encode_to_vec());
    bytes
}

pub(super) fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M> {
    match bytes.split_first() {
        Some((&RECORD_VERSION, body)) => {
            M::decode(body).map_err(|error| Refusal::internal(format!("a stored record is damaged: {error}")))
        }
        _ => Err(Refusal::internal("a stored record has an unknown version")),
    }
}

/// Wrong PINs of one person.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct Lockout {
    #[prost(uint32, tag = "1")]
    pub wrong: u32,
    /// Business time, unix milliseconds; 0 = not locked.
    #[prost(int64, tag = "2")]
    pub locked_until_ms: i64,
}

/// What both kinds of transaction can read.
pub trait Rows {
    fn record(&self, table: Records, key: &str) -> Result<Option<Vec<u8>>>;
    fn records(&self, table: Records) -> Result<Vec<Vec<u8>>>;
    fn indexed(&self, table: Index, key: &str) -> Result<Option<String>>;
    fn index_keys(&self, table: Index) -> Result<Vec<String>>;
    /// Keys that begin with `prefix`, in order.
    fn index_keys_of(&self, table: Index, prefix: &str) -> Result<Vec<String>>;
    fn sequence_after(&self, table: Sequence, after: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>>;
    fn sequence_last(&self, table: Sequence) -> Result<Option<(u64, Vec<u8>)>>;
    fn number(&self, name: &str) -> Result<u64>;

    fn find<M: Message + Default>(&self, table: Records, key: &str) -> Result<Option<M>> {
        self.record(table, key)?.map(|bytes| decode(&bytes)).transpose()
    }

    fn sale(&self, sale_id: &str) -> Result<Sale> {
        self.find(SALES, sale_id)?.ok_or_else(|| Refusal::not_found("SALE_NOT_FOUND", "sale"))
    }

    /// By sale id, receipt number or lookup code.
    fn sale_by_reference(&self, reference: &str) -> Result<Sale> {
        let by_number = self.indexed(RECEIPT_NUMBERS, reference)?;
        let sale_id = match by_number {
            Some(sale_id) => sale_id,
            None => self.by_lookup_code(reference)?.unwrap_or_else(|| reference.to_owned()),
        };
        self.sale(&sale_id)
    }

    /// As a person types it: small letters, without the hyphen.
    fn by_lookup_code(&self, reference: &str) -> Result<Option<String>> {
        match reference.parse::<ReceiptCode>() {
            Ok(code) => self.indexed(LOOKUP_CODES, &code.to_string()),
            Err(_another_reference) => Ok(None),
        }
    }

    fn open_sales(&self) -> Result<Vec<Sale>> {
        self.index_keys(OPEN_SALES)?.iter().map(|id| self.sale(id)).collect()
    }

    fn all_sales(&self) -> Result<Vec<Sale>> {
        self.records(SALES)?.iter().map(|bytes| decode(bytes)).collect()
    }

    fn payer(&self, payer_id: &str) -> Result<Payer> {
        self.find(PAYERS, payer_id)?.ok_or_else(|| Refusal::not_found("PAYER_NOT_FOUND", "payer"))
    }

    fn payers(&self) -> Result<Vec<Payer>> {
        self.records(PAYERS)?.iter().map(|bytes| decode(bytes)).collect()
    }

    /// JPEG of the enrolment; empty = none.
    fn photo(&self, payer_id: &str) -> Result<Vec<u8>> {
        Ok(self.record(PHOTOS, payer_id)?.unwrap_or_default())
    }

    fn payer_by_phone(&self, phone: &str) -> Result<Option<Payer>> {
        self.indexed(PHONES, phone)?.map(|id| self.payer(&id)).transpose()
    }

    fn challenge(&self, challenge_id: &str) -> Result<Challenge> {
        self.find(CHALLENGES, challenge_id)?
            .ok_or_else(|| Refusal::not_found("CHALLENGE_NOT_FOUND", "challenge"))
    }

    fn challenges_of(&self, payer_id: &str) -> Result<Vec<Challenge>> {
        let prefix = format!("{payer_id}/");
        let keys = self.index_keys_of(CHALLENGES_OF, &prefix)?;
        keys.iter().map(|key| self.challenge(key.trim_start_matches(&prefix))).collect()
    }

    fn message(&self, message_id: &str) -> Result<Option<OutMessage>> {
        self.find(MESSAGES, message_id)
    }

    fn fact(&self, fact_id: &str) -> Result<OutFact> {
        self.find(FACTS, fact_id)?.ok_or_else(|| Refusal::not_found("FACT_NOT_FOUND", "fact"))
    }

    fn batch(&self, batch_id: &str) -> Result<Batch> {
        self.find(BATCHES, batch_id)?.ok_or_else(|| Refusal::not_found("BATCH_NOT_FOUND", "settlement batch"))
    }

    fn batches(&self) -> Result<Vec<Batch>> {
        self.records(BATCHES)?.iter().map(|bytes| decode(bytes)).collect()
    }

    fn dispute(&self, dispute_id: &str) -> Result<Dispute> {
        self.find(DISPUTES, dispute_id)?.ok_or_else(|| Refusal::not_found("DISPUTE_NOT_FOUND", "dispute"))
    }

    fn pin_lockout(&self, name: &str) -> Result<PinLockout> {
        let Lockout { wrong, locked_until_ms } = self.find(PIN_LOCKOUTS, name)?.unwrap_or_default();
        let locked_until = Timestamp::from_millisecond(locked_until_ms).ok().filter(|_| locked_until_ms > 0);
        Ok(PinLockout { wrong: u8::try_from(wrong).unwrap_or(u8::MAX), locked_until })
    }

    fn outbox(&self) -> Result<Vec<(u64, Effect)>> {
        let rows = self.sequence_after(OUTBOX, 0, usize::MAX)?;
        rows.into_iter().map(|(row, bytes)| Ok((row, decode(&bytes)?))).collect()
    }

    fn events_after(&self, revision: u64, limit: usize) -> Result<Vec<Event>> {
        let rows = self.sequence_after(EVENTS, revision, limit)?;
        rows.iter().map(|(_, bytes)| decode(bytes)).collect()
    }

    fn newest_revision(&self) -> Result<u64> {
        Ok(self.sequence_last(EVENTS)?.map_or(0, |(revision, _)| revision))
    }
}

pub struct ReadTx(ReadTransaction);

impl ReadTx {
    pub(super) fn new(inner: ReadTransaction) -> Self {
        Self(inner)
    }
}

/// The same bodies for both transaction types: redb gives them no common trait for opening a table.
macro_rules! rows_of {
    ($owner:ty, $inner:tt) => {
        impl Rows for $owner {
            fn record(&self, table: Records, key: &str) -> Result<Option<Vec<u8>>> {
                let table = self.$inner.open_table(table).map_err(storage)?;
                Ok(table.get(key).map_err(storage)?.map(|value| value.value().to_vec()))
            }

            fn records(&self, table: Records) -> Result<Vec<Vec<u8>>> {
                let table = self.$inner.open_table(table).map_err(storage)?;
                let rows = table.iter().map_err(storage)?;
                rows.map(|row| Ok(row.map_err(storage)?.1.value().to_vec())).collect()
            }

            fn indexed(&self, table: Index, key: &str) -> Result<Option<String>> {
                let table = self.$inner.open_table(table).map_err(storage)?;
                Ok(table.get(key).map_err(storage)?.map(|value| value.value().to_owned()))
            }

            fn index_keys(&self, table: Index) -> Result<Vec<String>> {
                let table = self.$inner.open_table(table).map_err(storage)?;
                let rows = table.iter().map_err(storage)?;
                rows.map(|row| Ok(row.map_err(storage)?.0.value().to_owned())).collect()
            }

            fn index_keys_of(&self, table: Index, prefix: &str) -> Result<Vec<String>> {
                let table = self.$inner.open_table(table).map_err(storage)?;
                let mut keys = Vec::new();
                for row in table.range(prefix..).map_err(storage)? {
                    let key = row.map_err(storage)?.0.value().to_owned();
                    if !key.starts_with(prefix) {
                        break;
                    }
                    keys.push(key);
                }
                Ok(keys)
            }

            fn sequence_after(
                &self,
                table: Sequence,
                after: u64,
                limit: usize,
            ) -> Result<Vec<(u64, Vec<u8>)>> {
                let table = self.$inner.open_table(table).map_err(storage)?;
                let rows = table.range(after.saturating_add(1)..).map_err(storage)?;
                rows.take(limit)
                    .map(|row| {
                        let (key, value) = row.map_err(storage)?;
                        Ok((key.value(), value.value().to_vec()))
                    })
                    .collect()
            }

            fn sequence_last(&self, table: Sequence) -> Result<Option<(u64, Vec<u8>)>> {
                let table = self.$inner.open_table(table).map_err(storage)?;
                let last = table.last().map_err(storage)?;
                Ok(last.map(|(key, value)| (key.value(), value.value().to_vec())))
            }

            fn number(&self, name: &str) -> Result<u64> {
                let table = self.$inner.open_table(NUMBERS).map_err(storage)?;
                Ok(table.get(name).map_err(storage)?.map_or(0, |value| value.value()))
            }
        }
    };
}
pub(super) use rows_of;

rows_of!(ReadTx, 0);
