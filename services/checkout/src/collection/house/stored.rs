//! Accounts and their statements in the store.

use super::{Charge, Entry, EntryKind, HouseAccount};
use crate::store::records::{self, damaged, house as stored};
use crate::store::table::Table;
use crate::store::{Seek, Tx, View};
use crate::values::ids::{PayerId, SaleId, TransferId};
use crate::values::refusal::Result;
use crate::values::short_code::SaleNumber;
use crate::values::time;

impl Tx {
    pub(super) fn put_house_account(&mut self, payer: PayerId, account: &HouseAccount) {
        let charge = |charge: &Charge| stored::Charge {
            sale_id: charge.sale.to_bytes().to_vec(),
            number: charge.number.to_string(),
            left_minor: charge.left_minor,
            due_on: charge.due_on.to_string(),
            reminded: charge.reminded,
        };
        let open = account.open.iter().map(charge).collect();
        let record = stored::HouseAccount { open, credit_minor: account.credit_minor };
        self.put(Table::HouseAccounts, &payer.0, &record);
    }

    pub(super) fn put_house_entry(&mut self, entry: &Entry) {
        let record = stored::HouseEntry {
            kind: entry.kind as u32,
            amount_minor: entry.amount_minor,
            at_ms: entry.at.as_millisecond(),
            by: entry.by.clone(),
            sale_id: records::bytes_of(entry.sale.map(|(sale, _)| SaleId::to_bytes(sale))),
            number: entry.sale.map(|(_, number)| number.to_string()).unwrap_or_default(),
            due_on: entry.due_on.map(|day| day.to_string()).unwrap_or_default(),
            transfer_id: records::bytes_of(entry.transfer.map(TransferId::to_bytes)),
        };
        self.put(Table::HouseEntries, &key(entry.payer, entry.number), &record);
    }
}

impl View {
    /// Empty for whoever never had anything on it.
    pub fn house_account(&self, payer: PayerId) -> Result<HouseAccount> {
        let record = self.record::<stored::HouseAccount>(Table::HouseAccounts, &payer.0)?;
        record.map_or_else(|| Ok(HouseAccount::default()), account)
    }

    /// Accounts behind this payer's, in the order of their numbers.
    pub fn house_accounts(
        &self,
        after: Option<PayerId>,
        limit: usize,
    ) -> Result<Vec<(PayerId, HouseAccount)>> {
        let from = after.as_ref().map_or(Seek::Start, |after| Seek::After(&after.0));
        let rows = self.page(Table::HouseAccounts, b"", from, limit)?;
        let row = |(key, value): &(Vec<u8>, Vec<u8>)| {
            Ok((PayerId(records::fixed(key)?), account(records::decode(value)?)?))
        };
        rows.iter().map(row).collect()
    }

    /// The newest lines of a statement before this one.
    pub fn house_entries(&self, payer: PayerId, before: Option<u64>, limit: usize) -> Result<Vec<Entry>> {
        let before = before.map(u64::to_be_bytes);
        let from = before.as_ref().map_or(Seek::End, |before| Seek::Before(before));
        let rows = self.page(Table::HouseEntries, &payer.0, from, limit)?;
        rows.iter().map(|(key, value)| entry(payer, number(key)?, records::decode(value)?)).collect()
    }

    pub fn house_entry(&self, payer: PayerId, number: u64) -> Result<Entry> {
        let record = self.record(Table::HouseEntries, &key(payer, number))?;
        entry(payer, number, record.ok_or_else(|| damaged("a line of an account is gone"))?)
    }
}

fn account(record: stored::HouseAccount) -> Result<HouseAccount> {
    let charge = |charge: &stored::Charge| {
        Ok(Charge {
            sale: records::id(&charge.sale_id)?,
            number: records::parsed(&charge.number, "a sale number")?,
            left_minor: charge.left_minor,
            due_on: records::parsed(&charge.due_on, "a day")?,
            reminded: charge.reminded,
        })
    };
    let open = record.open.iter().map(charge).collect::<Result<_>>()?;
    Ok(HouseAccount { open, credit_minor: record.credit_minor })
}

fn entry(payer: PayerId, number: u64, record: stored::HouseEntry) -> Result<Entry> {
    let kind = EntryKind::ALL.into_iter().find(|kind| *kind as u32 == record.kind);
    let sale: Option<SaleId> = records::optional_id(&record.sale_id)?;
    let of_sale = |sale| Ok((sale, records::parsed::<SaleNumber>(&record.number, "a sale number")?));
    let due_on = Some(&record.due_on).filter(|day| !day.is_empty());
    Ok(Entry {
        number,
        payer,
        kind: kind.ok_or_else(|| damaged("a line of an account is of no known kind"))?,
        amount_minor: record.amount_minor,
        at: time::from_ms(record.at_ms),
        by: record.by,
        sale: sale.map(of_sale).transpose()?,
        due_on: due_on.map(|day| records::parsed(day, "a day")).transpose()?,
        transfer: records::optional_id(&record.transfer_id)?,
    })
}

fn key(payer: PayerId, number: u64) -> Vec<u8> {
    [&payer.0[..], &number.to_be_bytes()].concat()
}

fn number(key: &[u8]) -> Result<u64> {
    Ok(u64::from_be_bytes(records::fixed(key)?))
}
