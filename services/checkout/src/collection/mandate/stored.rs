//! Mandates in the store; the account is sealed.

use chit_iso20022::pain008::Sequence;

use super::{BankAccount, Mandate};
use crate::store::records::{self, bank as stored};
use crate::store::table::Table;
use crate::store::{Tx, View};
use crate::values::ids::{MandateId, PayerId, SaleId};
use crate::values::refusal::Result;

impl Tx {
    pub fn put_mandate(&mut self, mandate: &Mandate) -> Result<()> {
        let key = mandate.id.to_bytes();
        let record = stored::Mandate {
            payer_id: mandate.payer.0.to_vec(),
            account: seal(self, &context(mandate.id), &mandate.account)?,
            signed_on: mandate.signed_on.to_string(),
            notice_days: mandate.notice_days.into(),
            first_sale: records::bytes_of(mandate.first.map(SaleId::to_bytes)),
            used_on: mandate.used_on.map(|day| day.to_string()).unwrap_or_default(),
            blocked: mandate.blocked.clone().unwrap_or_default(),
        };
        self.put(Table::Mandates, &key, &record);
        Ok(())
    }

    /// Of a payer who is erased.
    pub fn remove_mandate(&mut self, id: MandateId) {
        self.remove(Table::Mandates, &id.to_bytes());
    }
}

impl View {
    pub fn find_mandate(&self, id: MandateId) -> Result<Option<Mandate>> {
        let Some(record) = self.record::<stored::Mandate>(Table::Mandates, &id.to_bytes())? else {
            return Ok(None);
        };
        Ok(Some(Mandate {
            id,
            payer: PayerId(records::fixed(&record.payer_id)?),
            signed_on: records::parsed(&record.signed_on, "a day")?,
            account: open(self, &context(id), &record.account)?,
            notice_days: records::small(record.notice_days)?,
            first: records::optional_id(&record.first_sale)?,
            used_on: records::optional_day(&record.used_on)?,
            blocked: records::some_text(record.blocked),
        }))
    }
}

/// An account as it lies in the store.
pub(in crate::collection) fn seal(view: &View, context: &[u8], account: &BankAccount) -> Result<Vec<u8>> {
    let record = stored::BankAccount {
        holder: account.holder.clone(),
        iban: account.iban.clone(),
        bic: account.bic.clone().unwrap_or_default(),
    };
    view.vault().seal(context, &records::body(&record))
}

pub(in crate::collection) fn open(view: &View, context: &[u8], sealed: &[u8]) -> Result<BankAccount> {
    let record: stored::BankAccount = records::from_body(&view.vault().open(context, sealed)?)?;
    Ok(BankAccount { holder: record.holder, iban: record.iban, bic: records::some_text(record.bic) })
}

fn context(id: MandateId) -> Vec<u8> {
    [&b"mandate/"[..], &id.to_bytes()].concat()
}

/// The numbers are stored.
pub(in crate::collection) fn sequence_number(sequence: Sequence) -> u32 {
    match sequence {
        Sequence::First => 1,
        Sequence::Recurrent => 2,
    }
}

pub(in crate::collection) fn sequence_of(number: u32) -> Sequence {
    if number == 1 { Sequence::First } else { Sequence::Recurrent }
}
