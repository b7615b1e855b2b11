//! A settlement batch: deductions that go to the rail together.

use iso_currency::Currency;
use jiff::Timestamp;

use crate::values::ids::{BatchId, SaleId};

/// The numbers are the interface's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchState {
    Submitted = 1,
    Settled = 2,
}

impl BatchState {
    pub const ALL: [Self; 2] = [Self::Submitted, Self::Settled];
}

impl From<BatchState> for i32 {
    fn from(state: BatchState) -> Self {
        state as Self
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Batch {
    pub id: BatchId,
    pub state: BatchState,
    pub rail: String,
    pub sales: Vec<SaleId>,
    pub total_minor: i64,
    pub currency: Currency,
    pub created_at: Timestamp,
    pub actor: String,
}
