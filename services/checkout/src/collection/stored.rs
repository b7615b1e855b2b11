//! Deductions and batches in the store, with the indexes that spare a look at all of them.

use std::collections::HashSet;

use super::batch::{Batch, BatchState};
use super::deduction::{Deduction, State};
use super::record::{currency, from_record, to_record};
use super::step::Step;
use crate::custody;
use crate::store::due::{Due, DueKind};
use crate::store::history::{Change, Kind};
use crate::store::records::{self, collection as stored, damaged};
use crate::store::table::Table;
use crate::store::{Seek, Tx, View};
use crate::values::ids::{BatchId, PayerId, SaleId};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result};
use crate::values::time;

/// In the index of sales that need a person: a deduction says so.
const ATTENTION_SOURCE: u8 = 2;
/// Of a payer's id in front of a key.
const PAYER_LEN: usize = 8;

impl Tx {
    pub fn put_deduction(&mut self, actor: &str, deduction: &Deduction) -> Result<()> {
        let key = deduction.sale.to_bytes();
        let before = self.record::<stored::Deduction>(Table::Deductions, &key)?;
        let known = before.clone().map(|record| from_record(deduction.sale, record)).transpose()?;
        let record = to_record(deduction);
        self.index_deduction(known.as_ref(), deduction);
        self.count(known.as_ref(), deduction)?;
        if let Some(known) = &known {
            tell_keeper(self, deduction.sale, known.step(), deduction.step())?;
        }
        self.reschedule(&known.as_ref().map(due).unwrap_or_default(), &due(deduction));
        self.put(Table::Deductions, &key, &record);
        if matches!(deduction.step(), Step::Queued | Step::BadPending | Step::Returned) {
            self.attend(deduction.payer);
        }
        let state = deduction.step() as u32;
        let unchanged = known.as_ref().is_some_and(|known| known.step() == deduction.step());
        let change = Change {
            kind: Kind::Sale,
            subject: &key,
            state: if unchanged { 0 } else { state },
            before: before.as_ref().map(records::body),
            after: records::body(&record),
        };
        self.record_change(actor, &change)
    }

    fn index_deduction(&mut self, before: Option<&Deduction>, after: &Deduction) {
        let (sale, step) = (after.sale.to_bytes(), after.step());
        let by_payer = [&after.payer.0[..], &sale].concat();
        self.index(Table::DeductionsByPayer, &by_payer, step.is_open());
        self.index(Table::BadRecords, &by_payer, step == Step::BadListed);
        if let Some(before) = before.filter(|before| before.step() != step) {
            self.remove(Table::DeductionsByState, &state_key(before.step(), after.sale));
        }
        if step.is_open() {
            self.set(Table::DeductionsByState, &state_key(step, after.sale), Vec::new());
        }
        let attention = [&sale[..], &[ATTENTION_SOURCE]].concat();
        self.index(Table::SaleAttention, &attention, after.needs_person());
    }

    pub fn put_batch(&mut self, actor: &str, batch: &Batch) -> Result<()> {
        let record = stored::Batch {
            state: batch.state as u32,
            rail: batch.rail.clone(),
            count: u32::try_from(batch.sales.len()).unwrap_or(u32::MAX),
            total_minor: batch.total_minor,
            currency_code: batch.currency.code().to_owned(),
            created_ms: batch.created_at.as_millisecond(),
            actor: batch.actor.clone(),
        };
        let key = batch.id.to_bytes();
        let before = self.record::<stored::Batch>(Table::Batches, &key)?;
        self.put(Table::Batches, &key, &record);
        let known: HashSet<Vec<u8>> = self.keys_of(Table::BatchSales, &key)?.into_iter().collect();
        let wanted: HashSet<Vec<u8>> = batch.sales.iter().map(|sale| sale.to_bytes().to_vec()).collect();
        for gone in known.iter().filter(|gone| !wanted.contains(&gone[..])) {
            self.remove(Table::BatchSales, &[&key[..], gone].concat());
        }
        for sale in batch.sales.iter().filter(|sale| !known.contains(&sale.to_bytes()[..])) {
            self.set(Table::BatchSales, &[key, sale.to_bytes()].concat(), Vec::new());
        }
        let change = Change {
            kind: Kind::Batch,
            subject: &key,
            state: batch.state as u32,
            before: before.as_ref().map(records::body),
            after: records::body(&record),
        };
        self.record_change(actor, &change)
    }
}

impl Tx {
    /// An event without a change of the batch's record: who watches it looks again.
    pub fn tell_batch(&mut self, id: BatchId) -> Result<()> {
        let subject = id.to_bytes();
        let change =
            Change { kind: Kind::Batch, subject: &subject, state: 0, before: None, after: Vec::new() };
        self.record_change("system", &change)
    }
}

/// The film of a sale is needed less long when its payer has answered, or when nothing is owed any more.
fn tell_keeper(tx: &mut Tx, sale: SaleId, before: Step, after: Step) -> Result<()> {
    match (before.is_final(), after.is_final()) {
        (false, true) => custody::concluded(tx, sale),
        (true, false) => custody::owed_again(tx, sale),
        // A refused posting goes back to VERIFIED, and nobody answered anew.
        _ if after == Step::Verified && !matches!(before, Step::Verified | Step::Submitted) => {
            custody::answered(tx, sale)
        }
        _ => Ok(()),
    }
}

/// The days before a bad record, and the years after its listing.
fn due(deduction: &Deduction) -> Vec<Due> {
    let subject = deduction.sale.to_bytes();
    match &deduction.state {
        State::BadListed { until, .. } => vec![Due::new(*until, DueKind::EndRecord, &subject)],
        _ => {
            let ends = deduction.objection_ends_heard_ms().map(time::from_ms);
            ends.map(|ends| Due::new(ends, DueKind::List, &subject)).into_iter().collect()
        }
    }
}

impl View {
    pub fn find_deduction(&self, sale: SaleId) -> Result<Option<Deduction>> {
        let record = self.record::<stored::Deduction>(Table::Deductions, &sale.to_bytes())?;
        record.map(|record| from_record(sale, record)).transpose()
    }

    pub fn deduction(&self, sale: SaleId) -> Result<Deduction> {
        self.find_deduction(sale)?
            .ok_or_else(|| Refusal::wrong_state("the sale is not committed; nothing is owed for it"))
    }

    pub fn deductions(&self, sales: &[SaleId]) -> Result<Vec<Deduction>> {
        sales.iter().map(|sale| self.deduction(*sale)).collect()
    }

    /// A payer's open deductions, oldest first: a handful, limits keep them few.
    pub fn open_deductions_of(&self, payer: PayerId) -> Result<Vec<Deduction>> {
        let keys = self.keys_of(Table::DeductionsByPayer, &payer.0)?;
        keys.iter().map(|key| self.deduction(records::id(key)?)).collect()
    }

    pub fn has_bad_record(&self, payer: PayerId) -> Result<bool> {
        Ok(self.count(Table::BadRecords, &payer.0, 1)? > 0)
    }

    /// Sales that are BAD_LISTED, by their payers.
    pub fn bad_records(&self, limit: usize) -> Result<Vec<SaleId>> {
        let rows = self.page(Table::BadRecords, b"", Seek::Start, limit)?;
        rows.iter().map(|(key, _)| records::id(&key[PAYER_LEN..])).collect()
    }

    /// Sales whose deductions are in this state, oldest first.
    pub fn sales_in(&self, step: Step, after: Option<SaleId>, limit: usize) -> Result<Vec<SaleId>> {
        let after = after.map(SaleId::to_bytes);
        let from = after.as_ref().map_or(Seek::Start, |after| Seek::After(after));
        let rows = self.page(Table::DeductionsByState, &[step as u8], from, limit)?;
        rows.iter().map(|(key, _)| records::id(key)).collect()
    }

    pub fn batch(&self, id: BatchId) -> Result<Batch> {
        let record: stored::Batch = self
            .record(Table::Batches, &id.to_bytes())?
            .ok_or_else(|| Refusal::not_found(Reason::BATCH_NOT_FOUND, "settlement batch"))?;
        batch(self, id, record)
    }

    /// The newest batches.
    pub fn newest_batches(&self, limit: usize) -> Result<Vec<Batch>> {
        let rows = self.page(Table::Batches, b"", Seek::End, limit)?;
        rows.iter().map(|(key, value)| batch(self, records::id(key)?, records::decode(value)?)).collect()
    }
}

fn batch(view: &View, id: BatchId, record: stored::Batch) -> Result<Batch> {
    let state = BatchState::ALL.into_iter().find(|state| *state as u32 == record.state);
    let sales: Result<Vec<SaleId>> =
        view.keys_of(Table::BatchSales, &id.to_bytes())?.iter().map(|key| records::id(key)).collect();
    Ok(Batch {
        id,
        state: state.ok_or_else(|| damaged("a batch's state is unknown"))?,
        rail: record.rail,
        sales: sales?,
        total_minor: record.total_minor,
        currency: currency(&record.currency_code)?,
        created_at: time::from_ms(record.created_ms),
        actor: record.actor,
    })
}

fn state_key(step: Step, sale: SaleId) -> Vec<u8> {
    [&[step as u8][..], &sale.to_bytes()].concat()
}
