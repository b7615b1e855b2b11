//! A payer's account in the shop: what is owed on it and by when, or what was paid in before. The ledger has the sum; here
//! stands what it is of. Credit is free, and due within 50 days of the sale.

mod steps;
mod stored;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::values::calendar::QuietHours;
use crate::values::ids::{PayerId, SaleId, TransferId};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result};
use crate::values::short_code::SaleNumber;
use crate::values::target::plus_days;

pub use steps::{charge, note_reminder, pay_in, pay_out, refund, renew_cash};

/// From the sale to the last day on which it is paid in time: a shop's own credit is free of licence up to there.
pub const DUE_DAYS_MAX: u8 = 50;
/// Whoever confirmed late has this long at least, within the 50 days.
const DUE_DAYS_AFTER_CHARGE: i32 = 7;
const REMIND_DAYS_BEFORE: i32 = 3;
/// More sales than one payer makes in 50 days.
const OPEN_MAX: usize = 2_000;

/// The last day for a sale of one day that is charged on another.
pub fn due_on(sold_on: Date, charged_on: Date, due_days: u8) -> Date {
    let usual = plus_days(sold_on, due_days.into());
    usual.max(plus_days(charged_on, DUE_DAYS_AFTER_CHARGE)).min(plus_days(sold_on, DUE_DAYS_MAX.into()))
}

/// A sale that is not paid whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Charge {
    pub sale: SaleId,
    pub number: SaleNumber,
    pub left_minor: i64,
    pub due_on: Date,
    /// The payer was told of the day.
    pub reminded: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HouseAccount {
    /// By their last day, the oldest first: it is paid first.
    pub open: Vec<Charge>,
    /// What was paid in and not used yet.
    pub credit_minor: i64,
}

impl HouseAccount {
    pub fn owed_minor(&self) -> i64 {
        self.open.iter().fold(0, |sum, charge| sum.saturating_add(charge.left_minor))
    }

    pub fn overdue_minor(&self, today: Date) -> i64 {
        let overdue = self.open.iter().filter(|charge| charge.due_on < today);
        overdue.fold(0, |sum, charge| sum.saturating_add(charge.left_minor))
    }

    /// What was paid in before pays first.
    pub fn charge(&mut self, mut charge: Charge) -> Result<()> {
        let covered = charge.left_minor.min(self.credit_minor);
        charge.left_minor -= covered;
        self.credit_minor -= covered;
        if charge.left_minor > 0 {
            if self.open.len() >= OPEN_MAX {
                return Err(Refusal::internal("a payer's account has more open sales than one may have"));
            }
            self.open.push(charge);
            self.open.sort_by_key(|charge| charge.due_on);
        }
        Ok(())
    }

    /// Money that came: for the oldest sales, and what is left for the next ones.
    pub fn pay(&mut self, minor: i64) -> Result<()> {
        let mut left = minor;
        for charge in &mut self.open {
            let part = left.min(charge.left_minor);
            charge.left_minor -= part;
            left -= part;
        }
        self.open.retain(|charge| charge.left_minor > 0);
        self.credit_minor = self
            .credit_minor
            .checked_add(left)
            .ok_or_else(|| Refusal::internal("an account has more than can be counted"))?;
        Ok(())
    }

    /// What was paid in and not used is given back.
    pub fn pay_out(&mut self, minor: i64) -> Result<()> {
        if minor > self.credit_minor {
            let remedy = "more than was paid in and not used; GetHouseAccount says how much that is";
            return Err(Refusal::field("amount.amount_minor", Reason::OVER_CREDIT, remedy));
        }
        self.credit_minor -= minor;
        Ok(())
    }

    /// Money that goes back for a sale: it is owed no more, and what was paid of it is there for others.
    pub fn refund(&mut self, sale: SaleId, minor: i64) -> Result<()> {
        let mut left = minor;
        for charge in self.open.iter_mut().filter(|charge| charge.sale == sale) {
            let part = left.min(charge.left_minor);
            charge.left_minor -= part;
            left -= part;
        }
        self.pay(left)
    }

    /// What the payer is to be reminded of.
    pub fn reminder(&self, today: Date) -> Option<Reminder> {
        let until = plus_days(today, REMIND_DAYS_BEFORE);
        let due: Vec<&Charge> = self.open.iter().filter(|charge| charge.due_on <= until).collect();
        let first = due.iter().find(|charge| !charge.reminded)?;
        let minor = due.iter().fold(0_i64, |sum, charge| sum.saturating_add(charge.left_minor));
        Some(Reminder { minor, on: first.due_on, sale: first.sale })
    }

    /// The day on which somebody looks whether to remind them next.
    pub fn remind_on(&self) -> Option<Date> {
        let next = self.open.iter().find(|charge| !charge.reminded)?;
        Some(plus_days(next.due_on, -REMIND_DAYS_BEFORE))
    }

    fn reminded(&mut self, today: Date) {
        let until = plus_days(today, REMIND_DAYS_BEFORE);
        for charge in self.open.iter_mut().filter(|charge| charge.due_on <= until) {
            charge.reminded = true;
        }
    }
}

/// All that is due soon, and the last day of what nobody was told of yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reminder {
    pub minor: i64,
    pub on: Date,
    /// One of the sales.
    pub sale: SaleId,
}

/// On what terms a sale is charged.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The shop's days.
    pub quiet: QuietHours,
    /// From the sale to the last day, 1 to 50.
    pub due_days: u8,
}

/// The numbers are the interface's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntryKind {
    Charged = 1,
    PaidIn = 2,
    Refunded = 3,
    PaidOut = 4,
}

impl EntryKind {
    pub const ALL: [Self; 4] = [Self::Charged, Self::PaidIn, Self::Refunded, Self::PaidOut];
}

/// A line of a statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its place among all accounts' entries.
    pub number: u64,
    pub payer: PayerId,
    pub kind: EntryKind,
    pub amount_minor: i64,
    pub at: Timestamp,
    pub by: String,
    /// Of a charge and of a refund.
    pub sale: Option<(SaleId, SaleNumber)>,
    /// Of a charge.
    pub due_on: Option<Date>,
    /// By which the ledger knows money that was paid in or out.
    pub transfer: Option<TransferId>,
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
