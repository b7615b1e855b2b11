//! camt.053 and camt.054: entries, and the transactions inside them.

use super::Reading;
use crate::amount::Money;
use crate::kind;
use crate::record::{Booking, Record};

#[derive(Default)]
pub(super) struct Bookings {
    statement_id: String,
    account: Option<String>,
    /// What the entry says, for all its transactions.
    entry: Entry,
    transaction: Option<Booking>,
    /// The entry's only transaction so far: it may have the entry's amount.
    waiting: Option<Booking>,
    told: u64,
}

#[derive(Default)]
struct Entry {
    reference: Option<String>,
    amount: Option<Money>,
    credit: bool,
    booked: bool,
    booked_on: Option<jiff::civil::Date>,
    message_id: Option<String>,
    group_id: Option<String>,
    transactions: Option<u64>,
}

impl Bookings {
    fn blank(&self) -> Booking {
        Booking {
            statement_id: self.statement_id.clone(),
            account: self.account.clone(),
            reference: self.entry.reference.clone(),
            booked: self.entry.booked,
            credit: self.entry.credit,
            booked_on: self.entry.booked_on,
            amount: None,
            message_id: self.entry.message_id.clone(),
            group_id: self.entry.group_id.clone(),
            instruction_id: None,
            end_to_end_id: None,
            transactions: None,
            return_reason: None,
        }
    }

    fn end_transaction(&mut self, found: &mut dyn FnMut(Record)) {
        let Some(transaction) = self.transaction.take() else { return };
        if let Some(earlier) = self.waiting.replace(transaction) {
            self.told += 1;
            found(Record::Booking(earlier));
        }
    }

    fn end_entry(&mut self, found: &mut dyn FnMut(Record)) {
        let last = self.waiting.take().unwrap_or_else(|| Booking {
            transactions: self.entry.transactions,
            amount: self.entry.amount,
            ..self.blank()
        });
        let only = self.told == 0;
        let amount = last.amount.or(self.entry.amount.filter(|_| only));
        found(Record::Booking(Booking { amount, ..last }));
        (self.entry, self.told) = (Entry::default(), 0);
    }

    fn of_transaction(&mut self, path: &[&str], text: &str, currency: Option<&str>) -> Result<(), String> {
        let Some(transaction) = &mut self.transaction else { return Ok(()) };
        match path {
            ["Refs", "MsgId"] => transaction.message_id = Some(text.to_owned()),
            ["Refs", "PmtInfId"] => transaction.group_id = Some(text.to_owned()),
            ["Refs", "InstrId"] => transaction.instruction_id = Some(text.to_owned()),
            ["Refs", "EndToEndId"] => transaction.end_to_end_id = Some(text.to_owned()),
            ["Amt"] | ["AmtDtls", "TxAmt", "Amt"] => {
                transaction.amount = Some(Money::parse(text, currency.unwrap_or_default())?);
            }
            ["CdtDbtInd"] => transaction.credit = text == "CRDT",
            ["RtrInf", "Rsn", _] => transaction.return_reason = Some(text.to_owned()),
            _ => {}
        }
        Ok(())
    }

    fn of_entry(&mut self, path: &[&str], text: &str, currency: Option<&str>) -> Result<(), String> {
        let entry = &mut self.entry;
        match path {
            ["AcctSvcrRef"] => entry.reference = Some(text.to_owned()),
            ["Amt"] => entry.amount = Some(Money::parse(text, currency.unwrap_or_default())?),
            ["CdtDbtInd"] => entry.credit = text == "CRDT",
            ["Sts"] | ["Sts", "Cd"] => entry.booked = text == "BOOK",
            ["BookgDt", _] => entry.booked_on = kind::day(text),
            ["NtryDtls", "Btch", "MsgId"] => entry.message_id = Some(text.to_owned()),
            ["NtryDtls", "Btch", "PmtInfId"] => entry.group_id = Some(text.to_owned()),
            ["NtryDtls", "Btch", "NbOfTxs"] => entry.transactions = text.parse().ok(),
            _ => {}
        }
        Ok(())
    }
}

impl Reading for Bookings {
    fn open(&mut self, path: &[&str]) {
        match path {
            [.., "Stmt" | "Ntfctn"] => (self.statement_id, self.account) = (String::new(), None),
            [.., "TxDtls"] => self.transaction = Some(self.blank()),
            _ => {}
        }
    }

    fn text(&mut self, path: &[&str], text: &str, currency: Option<&str>) -> Result<(), String> {
        let after = |name| path.iter().position(|known| *known == name).map(|at| &path[at + 1..]);
        if let Some(path) = after("TxDtls") {
            return self.of_transaction(path, text, currency);
        }
        if let Some(path) = after("Ntry") {
            return self.of_entry(path, text, currency);
        }
        match path {
            [.., "Stmt" | "Ntfctn", "Id"] => self.statement_id = text.to_owned(),
            [.., "Acct", "Id", "IBAN"] => self.account = Some(text.to_owned()),
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, path: &[&str], found: &mut dyn FnMut(Record)) -> Result<(), String> {
        match path {
            [.., "TxDtls"] => self.end_transaction(found),
            [.., "Ntry"] => self.end_entry(found),
            _ => {}
        }
        Ok(())
    }
}
