//! One dispute.

use jiff::Timestamp;

use crate::values::ids::{DisputeId, SaleId};

/// The numbers are the interface's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeState {
    Open = 1,
    Upheld = 2,
    Dismissed = 3,
    Withdrawn = 4,
}

impl DisputeState {
    pub const ALL: [Self; 4] = [Self::Open, Self::Upheld, Self::Dismissed, Self::Withdrawn];
}

impl From<DisputeState> for i32 {
    fn from(state: DisputeState) -> Self {
        state as Self
    }
}

/// The numbers are the interface's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    NotMine = 1,
    WrongGoods = 2,
    InPerson = 3,
    /// The payer had the money back from the bank.
    RefundedAtBank = 4,
}

impl Cause {
    pub const ALL: [Self; 4] = [Self::NotMine, Self::WrongGoods, Self::InPerson, Self::RefundedAtBank];
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dispute {
    pub id: DisputeId,
    pub sale: SaleId,
    pub state: DisputeState,
    pub cause: Cause,
    pub opened_by: String,
    pub opened_at: Timestamp,
    /// The same on the heard clock: the days before a bad record stand still from here.
    pub opened_heard_ms: i64,
    pub resolved_by: Option<String>,
    pub resolved_at: Option<Timestamp>,
}
