//! What a shop's accountant reads: per batch and day what was expected, what the bank reported and what the ledger booked, and
//! every exception with its owner, its age and the one thing to do. As a table ([`csv`]) and as a document ([`pdf`]).
//!
//! The document's Chinese is set in STSong-Light, which every PDF reader with a Chinese font shows by its own; no font is
//! embedded. A reader without one leaves those characters out. The table always has them.

mod amount;
mod pdf;
mod table;
mod words;

use thiserror::Error;

pub use pdf::document as pdf;
pub use table::of as csv;
pub use words::Language;

#[derive(Debug, Error)]
#[error("the report cannot be written: {0}")]
pub struct Unwritable(String);

/// Amounts in minor units of one currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sums {
    pub in_flight: i64,
    pub received: i64,
    /// Not collected.
    pub refused: i64,
    /// Taken back.
    pub returned: i64,
}

/// Who says something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sides {
    pub expected: i64,
    /// By the bank's files.
    pub reported: Sums,
    /// By the ledger's transfers.
    pub ledger: Sums,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Batch {
    /// ULID.
    pub id: String,
    /// "2026-12-08"
    pub made_on: String,
    pub sides: Sides,
}

impl Batch {
    pub fn agrees(&self) -> bool {
        self.sides.reported == self.sides.ledger
    }
}

/// The bank's days; the ledger's are those on which it booked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Day {
    pub day: String,
    pub sides: Sides,
}

/// Since the beginning.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    pub reported_in_flight: i64,
    pub reported_at_bank: i64,
    pub ledger_in_flight: i64,
    pub ledger_at_bank: i64,
    /// What the bank took back and nobody has paid since.
    pub ledger_returned: i64,
}

impl Totals {
    pub fn agree(&self) -> bool {
        self.reported_in_flight == self.ledger_in_flight && self.reported_at_bank == self.ledger_at_bank
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exception {
    pub id: String,
    /// "AMOUNT_DIFFERS"
    pub kind: String,
    /// "ASK_BANK"
    pub action: String,
    /// The sale, the batch, or what the bank calls it.
    pub about: String,
    pub expected: Option<i64>,
    /// With its own currency.
    pub reported: Option<(i64, String)>,
    /// The bank's, e.g. "AM04".
    pub reason: String,
    pub age_days: u32,
    /// Empty: nobody looks into it yet.
    pub owner: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    pub shop: String,
    /// ISO 4217.
    pub currency: String,
    /// Local time, "2026-12-08 17:30".
    pub made_at: String,
    pub totals: Totals,
    /// Newest first, as the days are.
    pub batches: Vec<Batch>,
    pub days: Vec<Day>,
    pub exceptions: Vec<Exception>,
}

#[cfg(test)]
mod tests;
