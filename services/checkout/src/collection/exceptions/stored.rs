//! Exceptions in the store.

use super::{Closed, Exception, ExceptionKind, Found};
use crate::store::records::{self, bank as stored, damaged};
use crate::store::table::Table;
use crate::store::{Seek, Tx, View};
use crate::values::ids::{BatchId, ExceptionId, PayerId, SaleId};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result};
use crate::values::time;

impl Tx {
    pub(super) fn put_exception(&mut self, exception: &Exception) -> Result<()> {
        let (found, closed) = (&exception.found, exception.closed.as_ref());
        let record = stored::Exception {
            kind: found.kind as u32,
            sale_id: records::bytes_of(found.sale.map(SaleId::to_bytes)),
            batch_id: records::bytes_of(found.batch.map(BatchId::to_bytes)),
            payer_id: found.payer.map(|payer| payer.0.to_vec()).unwrap_or_default(),
            file: found.file.map(Vec::from).unwrap_or_default(),
            reference: found.reference.clone(),
            expected_minor: found.expected_minor,
            reported_minor: found.reported_minor,
            reported_currency: found.reported_currency.clone(),
            reason: found.reason.clone(),
            raised_ms: exception.raised_at.as_millisecond(),
            owner: exception.owner.clone().unwrap_or_default(),
            closed_ms: closed.map(|closed| closed.at.as_millisecond()),
            closed_by: closed.map(|closed| closed.by.clone()).unwrap_or_default(),
            note: closed.map(|closed| closed.note.clone()).unwrap_or_default(),
        };
        let key = exception.id.to_bytes();
        self.put(Table::Exceptions, &key, &record);
        match closed {
            Some(_) => self.remove(Table::OpenExceptions, &found.subject()),
            None => self.set(Table::OpenExceptions, &found.subject(), key.to_vec()),
        }
        Ok(())
    }
}

impl View {
    pub(super) fn open_exception(&self, subject: &[u8]) -> Result<Option<ExceptionId>> {
        self.get(Table::OpenExceptions, subject)?.map(|id| records::id(&id)).transpose()
    }

    pub fn has_open_exception(&self, kind: ExceptionKind) -> Result<bool> {
        Ok(self.count(Table::OpenExceptions, &[kind as u8], 1)? > 0)
    }

    /// How many are open, counted up to `limit`.
    pub fn open_exceptions(&self, limit: usize) -> Result<usize> {
        self.count(Table::OpenExceptions, b"", limit)
    }

    pub fn exception(&self, id: ExceptionId) -> Result<Exception> {
        let record = self.record::<stored::Exception>(Table::Exceptions, &id.to_bytes())?;
        let record = record.ok_or_else(|| Refusal::not_found(Reason::EXCEPTION_NOT_FOUND, "exception"))?;
        from_record(id, record)
    }

    /// The newest exceptions before this one; with `open_only` those that nobody has closed.
    pub fn exceptions(
        &self,
        open_only: bool,
        before: Option<ExceptionId>,
        limit: usize,
    ) -> Result<Vec<Exception>> {
        let mut found = Vec::new();
        let mut before = before.map(ExceptionId::to_bytes);
        while found.len() < limit {
            let from = before.as_ref().map_or(Seek::End, |before| Seek::Before(before));
            let rows = self.page(Table::Exceptions, b"", from, limit)?;
            let Some((last, _)) = rows.last() else { break };
            before = Some(records::fixed(last)?);
            for (key, value) in &rows {
                let exception = from_record(records::id(key)?, records::decode(value)?)?;
                if !open_only || exception.closed.is_none() {
                    found.push(exception);
                }
            }
        }
        found.truncate(limit);
        Ok(found)
    }
}

fn from_record(id: ExceptionId, record: stored::Exception) -> Result<Exception> {
    let kind = ExceptionKind::ALL.into_iter().find(|kind| *kind as u32 == record.kind);
    let payer = (!record.payer_id.is_empty()).then(|| records::fixed(&record.payer_id).map(PayerId));
    let (by, note) = (record.closed_by, record.note);
    Ok(Exception {
        id,
        found: Found {
            kind: kind.ok_or_else(|| damaged("an exception's kind is unknown"))?,
            sale: records::optional_id(&record.sale_id)?,
            batch: records::optional_id(&record.batch_id)?,
            payer: payer.transpose()?,
            file: records::optional_fixed(&record.file)?,
            reference: record.reference,
            expected_minor: record.expected_minor,
            reported_minor: record.reported_minor,
            reported_currency: record.reported_currency,
            reason: record.reason,
        },
        raised_at: time::from_ms(record.raised_ms),
        owner: records::some_text(record.owner),
        closed: record.closed_ms.map(|ms| Closed { at: time::from_ms(ms), by, note }),
    })
}
