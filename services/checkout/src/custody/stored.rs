//! Custody in the store.

use super::record::{Custody, Enquiry};
use crate::store::records::{self, custody as stored};
use crate::store::table::Table;
use crate::store::{Tx, View};
use crate::values::ids::{MessageId, SaleId};
use crate::values::refusal::Result;
use crate::values::time;

impl Tx {
    pub(super) fn put_custody(&mut self, sale: SaleId, custody: &Custody) {
        let enquiry = custody.enquiry.as_ref();
        let record = stored::Custody {
            answered_ms: records::optional_ms(custody.answered_at),
            statement: records::bytes_of(custody.statement.map(MessageId::to_bytes)),
            stated_ms: records::optional_ms(custody.stated_at),
            concluded_ms: records::optional_ms(custody.concluded_at),
            enquired_by: enquiry.map(|enquiry| enquiry.by.clone()).unwrap_or_default(),
            enquiry_ends_ms: records::optional_ms(enquiry.map(|enquiry| enquiry.ends_at)),
        };
        self.put(Table::Custody, &sale.to_bytes(), &record);
    }
}

impl View {
    /// Of a sale of which nothing had to be told yet: nothing.
    pub fn custody(&self, sale: SaleId) -> Result<Custody> {
        let record: stored::Custody = self.record(Table::Custody, &sale.to_bytes())?.unwrap_or_default();
        let enquired_by = record.enquired_by;
        let enquiry = |ends| Enquiry { by: enquired_by, ends_at: time::from_ms(ends) };
        Ok(Custody {
            answered_at: records::optional_time(record.answered_ms),
            statement: records::optional_id(&record.statement)?,
            stated_at: records::optional_time(record.stated_ms),
            concluded_at: records::optional_time(record.concluded_ms),
            enquiry: record.enquiry_ends_ms.map(enquiry),
        })
    }
}
