//! Writing: every record that changes leaves an event, in the same transaction.

use prost::Message;
use redb::{ReadableTable, WriteTransaction};
use sha2::{Digest, Sha256};

use super::rows::{Lockout, RECORD_VERSION, Rows, decode, encode, rows_of};
use super::storage;
use super::tables::*;
use crate::domain::approval::PinLockout;
use crate::domain::dialogue::{Challenge, OutFact, OutMessage};
use crate::domain::effect::Effect;
use crate::domain::event::{Event, EventKind};
use crate::domain::people::Payer;
use crate::domain::refusal::{Refusal, RefusalKind, Result};
use crate::domain::sale::Sale;
use crate::domain::settlement::{Batch, Dispute};

/// More waiting effects than this mean that a far side is gone for good: new work is refused, nothing is lost.
const OUTBOX_MAX: u64 = 10_000;
const OUTBOX_COUNT: &str = "outbox_count";
const OUTBOX_LAST: &str = "outbox_last";

/// The answer given to a request id.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Remembered {
    #[prost(bytes = "vec", tag = "1")]
    fingerprint: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    response: Vec<u8>,
    /// Business time, unix milliseconds.
    #[prost(int64, tag = "3")]
    time_ms: i64,
}

pub struct Tx {
    inner: WriteTransaction,
    /// Business time of this change, unix milliseconds.
    pub now_ms: i64,
    revision: u64,
    previous_hash: Vec<u8>,
    outbox_grew: bool,
}

rows_of!(Tx, inner);

impl Tx {
    pub(super) fn new(inner: WriteTransaction, now_ms: i64) -> Result<Self> {
        let mut tx = Self { inner, now_ms, revision: 0, previous_hash: vec![0; 32], outbox_grew: false };
        if let Some((revision, bytes)) = tx.sequence_last(EVENTS)? {
            tx.revision = revision;
            tx.previous_hash = Sha256::digest(&bytes).to_vec();
        }
        Ok(tx)
    }

    pub(super) fn commit(self) -> Result<(u64, bool)> {
        self.inner.commit().map_err(storage)?;
        Ok((self.revision, self.outbox_grew))
    }

    pub fn put_sale(&mut self, actor: &str, sale: &Sale) -> Result<()> {
        self.put(SALES, &sale.sale_id, sale)?;
        if sale.state().is_final() {
            self.unindex(OPEN_SALES, &sale.sale_id)?;
        } else {
            self.index(OPEN_SALES, &sale.sale_id, "")?;
        }
        self.event(actor, EventKind::Sale, &sale.sale_id, sale.encode_to_vec())
    }

    pub fn put_payer(&mut self, actor: &str, payer: &Payer) -> Result<()> {
        self.put(PAYERS, &payer.payer_id, payer)?;
        let public = Payer {
            name: String::new(),
            phone: String::new(),
            used_code_hashes: Vec::new(),
            ..payer.clone()
        };
        self.event(actor, EventKind::Payer, &payer.payer_id, public.encode_to_vec())
    }

    pub fn put_photo(&mut self, payer_id: &str, jpeg: &[u8]) -> Result<()> {
        let mut photos = self.inner.open_table(PHOTOS).map_err(storage)?;
        photos.insert(payer_id, jpeg).map_err(storage)?;
        Ok(())
    }

    pub fn index_phone(&mut self, phone: &str, payer_id: &str) -> Result<()> {
        self.index(PHONES, phone, payer_id)
    }

    /// From now on this number is a stranger's.
    pub fn unindex_phone(&mut self, phone: &str) -> Result<()> {
        self.unindex(PHONES, phone)
    }

    pub fn put_pin_lockout(&mut self, name: &str, lockout: PinLockout) -> Result<()> {
        let locked_until_ms = lockout.locked_until.map_or(0, |until| until.as_millisecond());
        self.put(PIN_LOCKOUTS, name, &Lockout { wrong: lockout.wrong.into(), locked_until_ms })
    }

    pub fn put_challenge(&mut self, actor: &str, challenge: &Challenge) -> Result<()> {
        self.put(CHALLENGES, &challenge.challenge_id, challenge)?;
        self.index(CHALLENGES_OF, &challenge_key(challenge), "")?;
        let public = Challenge { wrong_hashes: Vec::new(), ..challenge.clone() };
        self.event(actor, EventKind::Challenge, &challenge.challenge_id, public.encode_to_vec())
    }

    pub fn put_batch(&mut self, actor: &str, batch: &Batch) -> Result<()> {
        self.put(BATCHES, &batch.batch_id, batch)?;
        self.event(actor, EventKind::Batch, &batch.batch_id, batch.encode_to_vec())
    }

    pub fn put_dispute(&mut self, actor: &str, dispute: &Dispute) -> Result<()> {
        self.put(DISPUTES, &dispute.dispute_id, dispute)?;
        self.event(actor, EventKind::Dispute, &dispute.dispute_id, dispute.encode_to_vec())
    }

    pub fn put_message(&mut self, message: &OutMessage) -> Result<()> {
        self.put(MESSAGES, &message.message_id, message)
    }

    pub fn put_fact(&mut self, fact: &OutFact) -> Result<()> {
        self.put(FACTS, &fact.fact_id, fact)
    }

    /// The ledger has it now.
    pub fn forget_fact(&mut self, fact_id: &str) -> Result<()> {
        let mut facts = self.inner.open_table(FACTS).map_err(storage)?;
        facts.remove(fact_id).map_err(storage)?;
        Ok(())
    }

    /// Forgets answers and messages of before these business times; returns how many.
    pub fn prune(&mut self, requests_before_ms: i64, messages_before_ms: i64) -> Result<u64> {
        let mut pruned = 0;
        let mut requests = self.inner.open_table(REQUESTS).map_err(storage)?;
        let old = |_: &str, bytes: &[u8]| {
            let keep = decode::<Remembered>(bytes).is_ok_and(|known| known.time_ms >= requests_before_ms);
            pruned += u64::from(!keep);
            keep
        };
        requests.retain(old).map_err(storage)?;
        let oldest = u64::try_from(messages_before_ms).unwrap_or_default();
        let oldest = ulid::Ulid::from_parts(oldest, 0).to_string();
        let mut messages = self.inner.open_table(MESSAGES).map_err(storage)?;
        messages
            .retain_in(..oldest.as_str(), |_, _| {
                pruned += 1;
                false
            })
            .map_err(storage)?;
        Ok(pruned)
    }

    pub fn log_enquiry(&mut self, actor: &str, sale_id: &str) -> Result<()> {
        self.event(actor, EventKind::Enquiry, sale_id, Vec::new())
    }

    /// The next receipt number of the day, without gaps: it is only taken in the transaction that commits the sale.
    pub fn take_receipt_no(&mut self, day: &str, sale_id: &str) -> Result<String> {
        let counter = format!("receipts {day}");
        let next = self.number(&counter)? + 1;
        self.set_number(&counter, next)?;
        let receipt_no = format!("{day}-{next:06}");
        self.index(RECEIPT_NUMBERS, &receipt_no, sale_id)?;
        Ok(receipt_no)
    }

    pub fn has_lookup_code(&self, code: &str) -> Result<bool> {
        Ok(self.indexed(LOOKUP_CODES, code)?.is_some())
    }

    pub fn index_lookup_code(&mut self, code: &str, sale_id: &str) -> Result<()> {
        self.index(LOOKUP_CODES, code, sale_id)
    }

    pub fn set_number(&mut self, name: &str, value: u64) -> Result<()> {
        let mut numbers = self.inner.open_table(NUMBERS).map_err(storage)?;
        numbers.insert(name, value).map_err(storage)?;
        Ok(())
    }

    pub fn push(&mut self, effect: &Effect) -> Result<()> {
        let waiting = self.number(OUTBOX_COUNT)? + 1;
        if waiting > OUTBOX_MAX {
            let message = "too much work waits for other services; see `chit status`";
            return Err(Refusal::new(RefusalKind::Unavailable, "QUEUE_FULL", message));
        }
        let row = self.number(OUTBOX_LAST)? + 1;
        self.set_number(OUTBOX_LAST, row)?;
        self.set_number(OUTBOX_COUNT, waiting)?;
        let mut outbox = self.inner.open_table(OUTBOX).map_err(storage)?;
        outbox.insert(row, encode(effect).as_slice()).map_err(storage)?;
        self.outbox_grew = true;
        Ok(())
    }

    /// Takes an effect out; `None` = it was out already.
    pub fn done(&mut self, row: u64) -> Result<Option<Effect>> {
        let removed = {
            let mut outbox = self.inner.open_table(OUTBOX).map_err(storage)?;
            let effect = outbox.remove(row).map_err(storage)?.map(|bytes| decode(bytes.value()));
            effect.transpose()?
        };
        if removed.is_some() {
            let waiting = self.number(OUTBOX_COUNT)?;
            self.set_number(OUTBOX_COUNT, waiting.saturating_sub(1))?;
        }
        Ok(removed)
    }

    /// The first answer to this request id, if there was one; refused if the body differs.
    pub fn remembered<M: Message + Default>(
        &self,
        request_id: &str,
        fingerprint: &[u8; 32],
    ) -> Result<Option<M>> {
        let Some(known) = self.find::<Remembered>(REQUESTS, request_id)? else { return Ok(None) };
        if known.fingerprint != fingerprint {
            let message = "request_id was used for another request; make a new one for a new intent";
            let mut refusal = Refusal::new(RefusalKind::Conflict, "REQUEST_ID_REUSED", message);
            refusal.field = Some("request_id".into());
            return Err(refusal);
        }
        decode(&known.response).map(Some)
    }

    pub fn remember(
        &mut self,
        request_id: &str,
        fingerprint: &[u8; 32],
        response: &impl Message,
    ) -> Result<()> {
        let row = Remembered {
            fingerprint: fingerprint.to_vec(),
            response: encode(response),
            time_ms: self.now_ms,
        };
        self.put(REQUESTS, request_id, &row)
    }

    fn put(&mut self, table: Records, key: &str, record: &impl Message) -> Result<()> {
        let mut table = self.inner.open_table(table).map_err(storage)?;
        table.insert(key, encode(record).as_slice()).map_err(storage)?;
        Ok(())
    }

    fn index(&mut self, table: Index, key: &str, value: &str) -> Result<()> {
        let mut table = self.inner.open_table(table).map_err(storage)?;
        table.insert(key, value).map_err(storage)?;
        Ok(())
    }

    fn unindex(&mut self, table: Index, key: &str) -> Result<()> {
        let mut table = self.inner.open_table(table).map_err(storage)?;
        table.remove(key).map_err(storage)?;
        Ok(())
    }

    fn event(&mut self, actor: &str, kind: EventKind, subject_id: &str, snapshot: Vec<u8>) -> Result<()> {
        let event = Event {
            revision: self.revision + 1,
            actor: actor.to_owned(),
            time_ms: self.now_ms,
            previous_hash: std::mem::take(&mut self.previous_hash),
            kind: kind as i32,
            subject_id: subject_id.to_owned(),
            snapshot,
        };
        let bytes = encode(&event);
        debug_assert_eq!(bytes.first(), Some(&RECORD_VERSION));
        let mut events = self.inner.open_table(EVENTS).map_err(storage)?;
        events.insert(event.revision, bytes.as_slice()).map_err(storage)?;
        self.revision = event.revision;
        self.previous_hash = Sha256::digest(&bytes).to_vec();
        Ok(())
    }
}
