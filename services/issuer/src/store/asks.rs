//! Right rows whose payers are being asked. An ask has the key of the request that waits, and ends by giving it its verdict.

use redb::ReadableTable;

use super::records;
use super::{ASKS, ASKS_BY_PHONE, CURSORS, Draft, Result, StoreError};
use crate::domain::{Ask, Card, Holder};

const INBOUND: &str = "inbound";
const RESTORED: &str = "restored_backup_ms";

impl Draft<'_> {
    pub fn ask(&self, id: &[u8; 16]) -> Result<Option<Ask>> {
        let asks = self.transaction.open_table(ASKS)?;
        let Some(sealed) = asks.get(id)? else { return Ok(None) };
        let record = records::decode(&self.vault.open(&context(id), sealed.value())?)?;
        records::to_ask(*id, record).map(Some)
    }

    /// Those of a phone in its canonical form.
    pub fn asks_of(&self, phone: &str) -> Result<Vec<Ask>> {
        let (phone, by_phone) = (self.phone_key(phone), self.transaction.open_table(ASKS_BY_PHONE)?);
        let mut asks = Vec::new();
        for entry in by_phone.range((&phone, &[0; 16])..=(&phone, &[u8::MAX; 16]))? {
            let (place, _) = entry?;
            let ask = self.ask(place.value().1)?;
            asks.push(ask.ok_or(StoreError::Damaged("an ask of a phone"))?);
        }
        Ok(asks)
    }

    pub fn put_ask(&self, ask: &Ask, holder: &Holder) -> Result<()> {
        let phone = self.phone_key(&holder.canonical());
        let record = records::encode(&records::from_ask(ask));
        let sealed = self.vault.seal(&context(&ask.id), &record)?;
        self.transaction.open_table(ASKS)?.insert(&ask.id, sealed.as_slice())?;
        self.transaction.open_table(ASKS_BY_PHONE)?.insert((&phone, &ask.id), ())?;
        Ok(())
    }

    /// The verdict is the answer to its request from now on.
    pub fn end_ask(&self, ask: &Ask, holder: &Holder, verdict: Vec<u8>) -> Result<()> {
        let phone = self.phone_key(&holder.canonical());
        self.transaction.open_table(ASKS)?.remove(&ask.id)?;
        self.transaction.open_table(ASKS_BY_PHONE)?.remove((&phone, &ask.id))?;
        self.put_answer(&ask.id, &ask.fingerprint, verdict)
    }

    /// What its request gets since it ended.
    pub fn verdict_of(&self, id: &[u8; 16]) -> Result<Vec<u8>> {
        let verdict = self.answered(id)?.map(|answered| answered.answer);
        verdict.filter(|verdict| !verdict.is_empty()).ok_or(StoreError::Damaged("the verdict of an ask"))
    }

    /// Whose rows an ask is about, and whose phone is asked.
    pub fn card_of(&self, ask: &Ask) -> Result<(Card, Holder)> {
        let card = self.card(&ask.claim.card_id)?.ok_or(StoreError::Damaged("the card of an ask"))?;
        let holder = card.asks.clone().ok_or(StoreError::Damaged("the holder of an ask"))?;
        Ok((card, holder))
    }

    pub fn heard_up_to(&self) -> Result<u64> {
        Ok(self.transaction.open_table(CURSORS)?.get(INBOUND)?.map_or(0, |seq| seq.value()))
    }

    pub fn set_heard(&self, seq: u64) -> Result<()> {
        self.transaction.open_table(CURSORS)?.insert(INBOUND, seq)?;
        Ok(())
    }

    /// Time of the backup whose rows were skipped last; 0 = none.
    pub fn restored_ms(&self) -> Result<u64> {
        Ok(self.transaction.open_table(CURSORS)?.get(RESTORED)?.map_or(0, |taken_ms| taken_ms.value()))
    }

    pub fn set_restored_ms(&self, taken_ms: u64) -> Result<()> {
        self.transaction.open_table(CURSORS)?.insert(RESTORED, taken_ms)?;
        Ok(())
    }

    fn phone_key(&self, phone: &str) -> [u8; 16] {
        self.vault.keyed(b"phone", phone.as_bytes())
    }
}

fn context(id: &[u8; 16]) -> Vec<u8> {
    [b"ask/".as_slice(), id].concat()
}
