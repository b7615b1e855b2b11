//! Entries in the store: pushed with the change that wants them, completed with the change they bring.

use super::effect::Effect;
use crate::store::history::{Change, Kind};
use crate::store::records::{self, damaged, outbox::Entry};
use crate::store::table::Table;
use crate::store::{Seek, Tx, View};
use crate::values::ids::SaleId;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};

/// More waiting effects than this mean that a far side is gone for good: new work is refused, nothing is lost.
pub(super) const ENTRIES_MAX: u64 = 10_000;
pub(super) const COUNT: &str = "outbox_count";
const LAST: &str = "outbox_last";
/// What another service's word for a refusal may be long.
const REASON_CHARS_MAX: usize = 64;

impl Tx {
    pub fn push(&mut self, effect: &Effect) -> Result<()> {
        let waiting = self.counter(COUNT)? + 1;
        if waiting > ENTRIES_MAX {
            return Err(full());
        }
        let entry = self.next_number(LAST)?;
        self.set_counter(COUNT, waiting);
        self.put(Table::Outbox, &entry.to_be_bytes(), &effect.to_record());
        Ok(())
    }

    /// An entry of an older program keeps its number, for what was noted of it.
    pub fn adopt_entry(&mut self, entry: u64, effect: &Effect) -> Result<()> {
        let (waiting, last) = (self.counter(COUNT)? + 1, self.counter(LAST)?);
        self.set_counter(COUNT, waiting);
        self.set_counter(LAST, last.max(entry));
        self.put(Table::Outbox, &entry.to_be_bytes(), &effect.to_record());
        Ok(())
    }

    /// Takes an entry out, with what was noted of its refusals.
    pub fn complete(&mut self, entry: u64) -> Result<()> {
        let Some(effect) = self.effect(entry)? else { return Ok(()) };
        self.remove(Table::Outbox, &entry.to_be_bytes());
        let waiting = self.counter(COUNT)?;
        self.set_counter(COUNT, waiting.saturating_sub(1));
        for sale in effect.sales() {
            if self.has(Table::Refused, &refused_key(sale, entry))? {
                self.remove(Table::Refused, &refused_key(sale, entry));
                self.tell(sale)?;
            }
        }
        Ok(())
    }

    /// The same entry with other ids: those it had are spent at the far side.
    pub fn replace(&mut self, entry: u64, effect: &Effect) -> Result<()> {
        if self.has(Table::Outbox, &entry.to_be_bytes())? {
            self.put(Table::Outbox, &entry.to_be_bytes(), &effect.to_record());
        }
        Ok(())
    }

    /// Another service refuses it although nobody foresaw that: shown on its sales until it is done.
    pub fn note_refusal(&mut self, entry: u64, reason: &str) -> Result<()> {
        let Some(effect) = self.effect(entry)? else { return Ok(()) };
        let reason: String = reason.chars().take(REASON_CHARS_MAX).collect();
        for sale in effect.sales() {
            let key = refused_key(sale, entry);
            if self.get(Table::Refused, &key)?.as_deref() != Some(reason.as_bytes()) {
                self.set(Table::Refused, &key, reason.clone().into_bytes());
                self.tell(sale)?;
            }
        }
        Ok(())
    }

    /// An event without a change of the sale's record: who watches the sale looks again.
    fn tell(&mut self, sale: SaleId) -> Result<()> {
        let subject = sale.to_bytes();
        let change =
            Change { kind: Kind::Sale, subject: &subject, state: 0, before: None, after: Vec::new() };
        self.record_change("system", &change)
    }
}

impl View {
    pub fn effect(&self, entry: u64) -> Result<Option<Effect>> {
        let record = self.record::<Entry>(Table::Outbox, &entry.to_be_bytes())?;
        record.map(|record| Effect::from_record(&record)).transpose()
    }

    /// Entries after this one, in their order.
    pub fn outbox_after(&self, entry: u64, limit: usize) -> Result<Vec<(u64, Effect)>> {
        let rows = self.page(Table::Outbox, b"", Seek::After(&entry.to_be_bytes()), limit)?;
        rows.into_iter()
            .map(|(key, value)| {
                let entry =
                    u64::from_be_bytes(key.try_into().map_err(|_| damaged("an entry has no number"))?);
                Ok((entry, Effect::from_record(&records::decode(&value)?)?))
            })
            .collect()
    }

    /// Sales of which another service refuses what comes next, at most `limit`.
    pub fn refused_sales(&self, limit: usize) -> Result<Vec<SaleId>> {
        let rows = self.page(Table::Refused, b"", Seek::Start, limit)?;
        rows.iter().map(|(key, _)| records::id(&key[..16])).collect()
    }

    /// Why another service refuses what comes next for this sale.
    pub fn refusal_of(&self, sale: SaleId) -> Result<Option<String>> {
        let rows = self.page(Table::Refused, &sale.to_bytes(), Seek::Start, 1)?;
        Ok(rows.into_iter().next().map(|(_, reason)| String::from_utf8_lossy(&reason).into_owned()))
    }
}

pub fn full() -> Refusal {
    let message = "too much work waits for other services; see `chit status`";
    Refusal::new(RefusalKind::Unavailable, Reason::QUEUE_FULL, message)
}

fn refused_key(sale: SaleId, entry: u64) -> Vec<u8> {
    [&sale.to_bytes()[..], &entry.to_be_bytes()].concat()
}
