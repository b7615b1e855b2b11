//! What the ledger's own transfers of the bank's account add up to, by batch and by day: a second source beside the bank's
//! reports, which knows nothing of presentments' states.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use super::filed::{FileSums, Filed};
use super::posting::flight_id;
use crate::store::View;
use crate::values::ids::{BatchId, SaleId, TransferId};
use crate::values::refusal::Result;

/// How a transfer moves the bank's account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moved {
    /// A debit is in flight.
    Sent(TransferId),
    /// The one of this id arrived.
    Arrived(TransferId),
    /// It did not.
    NotPaid(TransferId),
    /// Out of the account again.
    Back,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Movement {
    pub moved: Moved,
    pub sale: SaleId,
    pub minor: i64,
    /// The shop's day on which it was booked.
    pub on: Date,
}

#[derive(Default)]
pub struct ByLedger {
    /// Of the batches that are asked for.
    flights: HashMap<TransferId, BatchId>,
    /// The batch by which a sale's money came last.
    came_by: HashMap<SaleId, BatchId>,
    batches: HashMap<BatchId, FileSums>,
    days: BTreeMap<Date, FileSums>,
}

impl ByLedger {
    /// The ids under which the ledger knows the debits of these files.
    pub fn of(view: &View, files: &[Filed]) -> Result<Self> {
        let mut flights = HashMap::new();
        for filed in files {
            for presentment in view.presentments_in(filed.batch)? {
                flights.insert(flight_id(filed.salt, presentment), filed.batch);
            }
        }
        Ok(Self { flights, ..Self::default() })
    }

    /// In the order in which the ledger booked them.
    pub fn hear(&mut self, movement: &Movement) {
        let Movement { moved, sale, minor, on } = *movement;
        let batch = match moved {
            Moved::Sent(id) | Moved::Arrived(id) | Moved::NotPaid(id) => self.flights.get(&id).copied(),
            Moved::Back => self.came_by.get(&sale).copied(),
        };
        if let (Moved::Arrived(_), Some(batch)) = (moved, batch) {
            self.came_by.insert(sale, batch);
        }
        if let Some(batch) = batch {
            add(self.batches.entry(batch).or_default(), moved, minor);
        }
        if !matches!(moved, Moved::Sent(_)) {
            let day = self.days.entry(on).or_default();
            add(day, moved, minor);
            // What is in flight belongs to no day.
            day.in_flight = 0;
        }
    }

    pub fn batch(&self, id: BatchId) -> FileSums {
        self.batches.get(&id).copied().unwrap_or_default()
    }

    pub fn day(&self, on: Date) -> FileSums {
        self.days.get(&on).copied().unwrap_or_default()
    }

    /// Newest first.
    pub fn days(&self) -> impl Iterator<Item = Date> + '_ {
        self.days.keys().rev().copied()
    }
}

fn add(sums: &mut FileSums, moved: Moved, minor: i64) {
    let FileSums { in_flight, received, refused, returned } = sums;
    let plus = |sum: &mut i64, minor: i64| *sum = sum.saturating_add(minor);
    match moved {
        Moved::Sent(_) => plus(in_flight, minor),
        Moved::Arrived(_) => {
            plus(in_flight, -minor);
            plus(received, minor);
        }
        Moved::NotPaid(_) => {
            plus(in_flight, -minor);
            plus(refused, minor);
        }
        Moved::Back => plus(returned, minor),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use ulid::Ulid;

    use super::*;

    fn id(n: u64) -> Ulid {
        Ulid::from_parts(n, 1)
    }

    fn heard(by: &mut ByLedger, moved: Moved, sale: u64, minor: i64, day: i8) {
        by.hear(&Movement { moved, sale: SaleId(id(sale)), minor, on: date(2026, 12, day) });
    }

    #[test]
    fn what_goes_back_is_taken_from_the_batch_by_which_it_came() {
        let (first, second) = (BatchId(id(1)), BatchId(id(2)));
        let (one, two, third) = (TransferId(id(11)), TransferId(id(12)), TransferId(id(13)));
        let flights = HashMap::from([(one, first), (two, first), (third, second)]);
        let mut by = ByLedger { flights, ..ByLedger::default() };
        heard(&mut by, Moved::Sent(one), 1, 700, 1);
        heard(&mut by, Moved::Sent(two), 2, 500, 1);
        heard(&mut by, Moved::NotPaid(one), 1, 700, 2);
        heard(&mut by, Moved::Arrived(two), 2, 500, 3);
        heard(&mut by, Moved::Sent(third), 1, 700, 3);
        heard(&mut by, Moved::Arrived(third), 1, 700, 4);
        heard(&mut by, Moved::Back, 1, 700, 5);
        // Of an older batch, which nobody asked for.
        heard(&mut by, Moved::Arrived(TransferId(id(99))), 9, 10, 5);
        assert_eq!(by.batch(first), FileSums { received: 500, refused: 700, ..FileSums::default() });
        assert_eq!(by.batch(second), FileSums { received: 700, returned: 700, ..FileSums::default() });
        assert_eq!(
            by.day(date(2026, 12, 5)),
            FileSums { received: 10, returned: 700, ..FileSums::default() }
        );
        assert_eq!(by.days().next(), Some(date(2026, 12, 5)));
    }
}
