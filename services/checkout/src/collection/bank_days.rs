//! What the bank was to collect, and what it reported, by day: running sums for the reconciliation.

use jiff::civil::Date;

use crate::store::records::bank::BankDay;
use crate::store::table::Table;
use crate::store::{Seek, Tx, View};
use crate::values::refusal::{Refusal, Result};

/// What the bank reported of a sum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reported {
    Received,
    Returned,
    Refused,
}

impl Tx {
    /// So much is to be collected on this day.
    pub fn count_expected(&mut self, on: Date, minor: i64) -> Result<()> {
        self.change_bank_day(on, |day, minor| add(&mut day.expected_minor, minor), minor)
    }

    pub fn count_reported(&mut self, on: Date, reported: Reported, minor: i64) -> Result<()> {
        let field = move |day: &mut BankDay, minor: i64| match reported {
            Reported::Received => add(&mut day.received_minor, minor),
            Reported::Returned => add(&mut day.returned_minor, minor),
            Reported::Refused => add(&mut day.refused_minor, minor),
        };
        self.change_bank_day(on, field, minor)
    }

    fn change_bank_day(
        &mut self,
        on: Date,
        change: impl Fn(&mut BankDay, i64) -> Option<()>,
        minor: i64,
    ) -> Result<()> {
        let key = key(on);
        let mut day: BankDay = self.record(Table::BankDays, &key)?.unwrap_or_default();
        change(&mut day, minor)
            .ok_or_else(|| Refusal::internal("a day at the bank is worth more than can be counted"))?;
        self.put(Table::BankDays, &key, &day);
        Ok(())
    }
}

/// What the reports of all days come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BankSums {
    expected: i64,
    received: i64,
    refused: i64,
    returned: i64,
}

impl BankSums {
    pub fn in_flight_minor(&self) -> i64 {
        self.expected.saturating_sub(self.received).saturating_sub(self.refused)
    }

    pub fn at_bank_minor(&self) -> i64 {
        self.received.saturating_sub(self.returned)
    }
}

impl View {
    pub fn bank_sums(&self) -> Result<BankSums> {
        let mut sums = BankSums::default();
        for (_, day) in self.newest_bank_days(usize::MAX)? {
            sums.expected = sums.expected.saturating_add(day.expected_minor);
            sums.received = sums.received.saturating_add(day.received_minor);
            sums.refused = sums.refused.saturating_add(day.refused_minor);
            sums.returned = sums.returned.saturating_add(day.returned_minor);
        }
        Ok(sums)
    }

    /// The newest days, newest first.
    pub fn newest_bank_days(&self, limit: usize) -> Result<Vec<(Date, BankDay)>> {
        let rows = self.page(Table::BankDays, b"", Seek::End, limit)?;
        rows.iter()
            .map(|(key, value)| {
                let text = String::from_utf8_lossy(key);
                let day = crate::store::records::parsed(&text, "a day")?;
                Ok((day, crate::store::records::decode(value)?))
            })
            .collect()
    }
}

fn add(sum: &mut i64, minor: i64) -> Option<()> {
    *sum = sum.checked_add(minor)?;
    Some(())
}

fn key(on: Date) -> Vec<u8> {
    on.to_string().into_bytes()
}
