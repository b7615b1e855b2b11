//! Running sums: of each day (I7) and of what the till has open. They change in the transaction of what they count.

use super::deduction::{Deduction, State};
use super::step::Step;
use crate::store::records::collection::DaySums;
use crate::store::table::Table;
use crate::store::{Seek, Tx, View};
use crate::values::refusal::{Refusal, Result};

/// Unverified sums of the whole till, minor units.
const TILL_UNVERIFIED: &str = "till_unverified_minor";

/// What one deduction adds to its day. Each is in exactly one sum beside gross.
pub fn contribution(deduction: &Deduction) -> DaySums {
    use State::*;
    let mut sums = DaySums { gross_minor: deduction.amount_minor, sales: 1, ..DaySums::default() };
    let (paid, owed) = (deduction.paid_minor(), deduction.owed_minor());
    match deduction.state {
        Voided => sums.void_minor = deduction.amount_minor,
        Settled => sums.settled_minor = owed,
        WrittenOff => sums.written_off_minor = owed,
        PaidOtherwise => {}
        BadPending(_) | BadListed { .. } | Cleared | Expired => sums.bad_minor = owed,
        _ => sums.open_minor = owed,
    }
    if !matches!(deduction.state, Voided) {
        // The cash that cleared a bad record belongs to that record.
        let recovered = matches!(deduction.state, Cleared);
        sums.paid_otherwise_minor = if recovered { 0 } else { paid };
        if recovered {
            sums.bad_minor = deduction.amount_minor;
        }
    }
    sums.refunds_minor = deduction.refunded_minor();
    sums
}

fn combine(into: &mut DaySums, other: &DaySums, sign: i64) -> Result<()> {
    let fields = [
        (&mut into.gross_minor, other.gross_minor),
        (&mut into.settled_minor, other.settled_minor),
        (&mut into.open_minor, other.open_minor),
        (&mut into.bad_minor, other.bad_minor),
        (&mut into.written_off_minor, other.written_off_minor),
        (&mut into.paid_otherwise_minor, other.paid_otherwise_minor),
        (&mut into.void_minor, other.void_minor),
        (&mut into.refunds_minor, other.refunds_minor),
        (&mut into.paid_in_minor, other.paid_in_minor),
    ];
    for (sum, amount) in fields {
        *sum = amount
            .checked_mul(sign)
            .and_then(|amount| sum.checked_add(amount))
            .ok_or_else(|| Refusal::internal("the day's sales are more than can be counted"))?;
    }
    into.sales = if sign > 0 { into.sales + other.sales } else { into.sales.saturating_sub(other.sales) };
    Ok(())
}

pub fn add(into: &mut DaySums, other: &DaySums) -> Result<()> {
    combine(into, other, 1)
}

impl Tx {
    pub(super) fn count(&mut self, before: Option<&Deduction>, after: &Deduction) -> Result<()> {
        let mut day = self.day_sums(&after.day)?;
        let known = day;
        if let Some(before) = before {
            combine(&mut day, &contribution(before), -1)?;
        }
        combine(&mut day, &contribution(after), 1)?;
        if day != known || before.is_none() {
            self.put(Table::Days, after.day.as_bytes(), &day);
        }
        let counted = |deduction: &Deduction| {
            if deduction.step().is_unverified() { deduction.owed_minor() } else { 0 }
        };
        self.change_till_unverified(counted(after) - before.map_or(0, counted))
    }

    /// Cash for an account in the shop: in the drawer of this day, "20261124", and of no sale.
    pub(super) fn count_paid_in(&mut self, day: &str, minor: i64) -> Result<()> {
        let mut sums = self.day_sums(day)?;
        add(&mut sums, &DaySums { paid_in_minor: minor, ..DaySums::default() })?;
        self.put(Table::Days, day.as_bytes(), &sums);
        Ok(())
    }

    /// Also for an amount that the ledger is just being asked to reserve.
    pub fn change_till_unverified(&mut self, by_minor: i64) -> Result<()> {
        if by_minor != 0 {
            let sum = self.till_unverified_minor()?.saturating_add(by_minor).max(0);
            self.set_counter(TILL_UNVERIFIED, u64::try_from(sum).unwrap_or_default());
        }
        Ok(())
    }
}

impl View {
    pub fn day_sums(&self, day: &str) -> Result<DaySums> {
        Ok(self.record(Table::Days, day.as_bytes())?.unwrap_or_default())
    }

    /// The sums of all days, oldest first.
    pub fn days(&self) -> Result<Vec<(String, DaySums)>> {
        let rows = self.page(Table::Days, b"", Seek::Start, usize::MAX)?;
        rows.into_iter()
            .map(|(day, value)| {
                let day = String::from_utf8_lossy(&day).into_owned();
                Ok((day, crate::store::records::decode(&value)?))
            })
            .collect()
    }

    pub fn till_unverified_minor(&self) -> Result<i64> {
        Ok(i64::try_from(self.counter(TILL_UNVERIFIED)?).unwrap_or(i64::MAX))
    }

    /// How many deductions are in this state, counted up to `limit`.
    pub fn count_in(&self, step: Step, limit: usize) -> Result<usize> {
        self.count(Table::DeductionsByState, &[step as u8], limit)
    }
}
