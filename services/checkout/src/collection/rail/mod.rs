//! A rail: the way on which money of confirmed sales is collected. There are two, and a shop uses one for what it
//! settles from now on; what went out on the other one ends there.

mod bank_file;
mod house;

use jiff::Timestamp;
use jiff::civil::Date;

use super::batch::Batch;
use super::deduction::Deduction;
use super::exceptions::ExceptionKind;
use crate::store::{Tx, View};
use crate::values::ids::{BatchId, TransferId};
use crate::values::refusal::Result;

pub use bank_file::{BankFile, Calendar};
pub use house::House;

/// May a deduction go into a batch that is made now?
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Admission {
    /// Collected on this day; none = at once.
    Now(Option<Date>),
    /// Its day has not come.
    Later(Date),
    /// Something has to be done first.
    Hindered(ExceptionKind),
    /// It is not its turn.
    No,
}

pub trait Rail: Send + Sync {
    /// As batches name it.
    fn name(&self) -> &'static str;

    /// A bank stands behind it, which hears of bad records, too.
    fn has_bank(&self) -> bool;

    /// The day that the payer is told when they have confirmed a sale; none where nothing is announced.
    fn announce(&self, view: &View, deduction: &Deduction, now: Timestamp) -> Result<Option<Date>>;

    /// The day on which a debit that was not paid is tried again, if the payer is told now; none where nothing is.
    fn again_on(&self, now: Timestamp) -> Option<Date>;

    fn admit(&self, view: &View, deduction: &Deduction, now: Timestamp) -> Result<Admission>;

    /// The id of a deduction's presentment in this batch.
    fn presentment(&self, batch: BatchId, deduction: &Deduction) -> TransferId;

    /// In the transaction that makes the batch: what has to happen outside. `taken` are its deductions as they were.
    fn hand_over(&self, tx: &mut Tx, batch: &Batch, taken: &[(Deduction, Option<Date>)]) -> Result<()>;
}
