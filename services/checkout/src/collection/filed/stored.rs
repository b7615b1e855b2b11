//! Files for the bank in the store.

use super::{Debit, FileState, Filed, Group, HandOver};
use crate::collection::mandate::stored::{open, seal, sequence_number, sequence_of};
use crate::store::records::{self, bank as stored, damaged};
use crate::store::table::Table;
use crate::store::{Seek, Tx, View};
use crate::values::ids::{BatchId, SaleId, TransferId};
use crate::values::refusal::Result;
use crate::values::time;

impl Tx {
    pub fn put_filed(&mut self, filed: &Filed) {
        let group = |group: &Group| stored::Group {
            sequence: sequence_number(group.sequence),
            collect_on: group.collect_on.to_string(),
            debits: group.debits,
            minor: group.minor,
        };
        let record = stored::Filed {
            state: filed.state as u32,
            salt: filed.salt.to_bytes().to_vec(),
            groups: filed.groups.iter().map(group).collect(),
            created_ms: filed.created_at.as_millisecond(),
            open: filed.open,
            received_minor: filed.received_minor,
            refused_minor: filed.refused_minor,
            returned_minor: filed.returned_minor,
            file_name: filed.file_name.clone(),
            sha256: filed.sha256.map(Vec::from).unwrap_or_default(),
            written_ms: records::optional_ms(filed.written_at),
            answered_ms: records::optional_ms(filed.answered_at),
            duplicate: filed.duplicate,
            answer_by_ms: records::optional_ms(filed.answer_by),
            hand_over: filed.hand_over as u32,
            hand_over_tries: filed.hand_over_tries,
        };
        self.put(Table::Filed, &filed.batch.to_bytes(), &record);
    }

    pub fn put_debit(&mut self, batch: BatchId, group: u8, debit: &Debit) -> Result<()> {
        let record = stored::Debit {
            presentment_id: debit.presentment.to_bytes().to_vec(),
            amount_minor: debit.amount_minor,
            mandate_id: debit.mandate.to_bytes().to_vec(),
            signed_on: debit.signed_on.to_string(),
            account: seal(self, &context(batch, debit.sale), &debit.account)?,
            number: debit.number.to_string(),
            account_id: debit.payer_account.to_bytes().to_vec(),
            again: debit.again,
        };
        let key = [&batch.to_bytes()[..], &[group], &debit.sale.to_bytes()].concat();
        self.put(Table::Debits, &key, &record);
        Ok(())
    }
}

impl View {
    pub fn find_filed(&self, batch: BatchId) -> Result<Option<Filed>> {
        let record = self.record::<stored::Filed>(Table::Filed, &batch.to_bytes())?;
        record.map(|record| filed(batch, record)).transpose()
    }

    /// The newest files.
    pub fn newest_filed(&self, limit: usize) -> Result<Vec<Filed>> {
        let rows = self.page(Table::Filed, b"", Seek::End, limit)?;
        rows.iter().map(|(key, value)| filed(records::id(key)?, records::decode(value)?)).collect()
    }

    /// The presentments in a file; nobody's account is opened.
    pub fn presentments_in(&self, batch: BatchId) -> Result<Vec<TransferId>> {
        let rows = self.page(Table::Debits, &batch.to_bytes(), Seek::Start, usize::MAX)?;
        let presentment = |(_, value): &(Vec<u8>, Vec<u8>)| {
            records::id(&records::decode::<stored::Debit>(value)?.presentment_id)
        };
        rows.iter().map(presentment).collect()
    }

    pub fn filed(&self, batch: BatchId) -> Result<Filed> {
        self.find_filed(batch)?.ok_or_else(|| damaged("a batch has no file"))
    }

    /// A page of a group's debits in the order of their sales.
    pub fn debits(
        &self,
        batch: BatchId,
        group: u8,
        after: Option<SaleId>,
        limit: usize,
    ) -> Result<Vec<Debit>> {
        let after = after.map(SaleId::to_bytes);
        let from = after.as_ref().map_or(Seek::Start, |after| Seek::After(after));
        let prefix = [&batch.to_bytes()[..], &[group]].concat();
        let rows = self.page(Table::Debits, &prefix, from, limit)?;
        rows.iter().map(|(key, value)| debit(self, batch, records::id(key)?, value)).collect()
    }
}

fn filed(batch: BatchId, record: stored::Filed) -> Result<Filed> {
    let state = FileState::ALL.into_iter().find(|state| *state as u32 == record.state);
    let hand_over = HandOver::ALL.into_iter().find(|far| *far as u32 == record.hand_over);
    Ok(Filed {
        batch,
        state: state.ok_or_else(|| damaged("the state of a file for the bank is unknown"))?,
        salt: records::id(&record.salt)?,
        groups: record.groups.iter().map(group).collect::<Result<_>>()?,
        created_at: time::from_ms(record.created_ms),
        open: record.open,
        received_minor: record.received_minor,
        refused_minor: record.refused_minor,
        returned_minor: record.returned_minor,
        file_name: record.file_name,
        sha256: records::optional_fixed(&record.sha256)?,
        written_at: records::optional_time(record.written_ms),
        answered_at: records::optional_time(record.answered_ms),
        duplicate: record.duplicate,
        answer_by: records::optional_time(record.answer_by_ms),
        hand_over: hand_over.ok_or_else(|| damaged("how far a file's handing over is is unknown"))?,
        hand_over_tries: record.hand_over_tries,
    })
}

fn group(record: &stored::Group) -> Result<Group> {
    Ok(Group {
        sequence: sequence_of(record.sequence),
        collect_on: records::parsed(&record.collect_on, "a day")?,
        debits: record.debits,
        minor: record.minor,
    })
}

fn debit(view: &View, batch: BatchId, sale: SaleId, value: &[u8]) -> Result<Debit> {
    let record: stored::Debit = records::decode(value)?;
    Ok(Debit {
        sale,
        presentment: records::id(&record.presentment_id)?,
        amount_minor: record.amount_minor,
        mandate: records::id(&record.mandate_id)?,
        signed_on: records::parsed(&record.signed_on, "a day")?,
        account: open(view, &context(batch, sale), &record.account)?,
        number: records::parsed(&record.number, "a sale number")?,
        payer_account: records::id(&record.account_id)?,
        again: record.again,
    })
}

fn context(batch: BatchId, sale: SaleId) -> Vec<u8> {
    [&b"debit/"[..], &batch.to_bytes(), &sale.to_bytes()].concat()
}
