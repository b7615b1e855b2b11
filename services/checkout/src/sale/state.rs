//! The public state of a sale: a view of the sale at the counter and of its deduction.

use crate::collection::Step;

/// DESIGN "Sale states"; the numbers are those of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SaleState {
    Draft = 1,
    PayerOk = 2,
    Committed = 3,
    Printing = 4,
    Released = 5,
    Sealed = 6,
    Queued = 7,
    Challenged = 8,
    Verified = 9,
    Submitted = 10,
    Settled = 11,
    Voided = 12,
    Rejected = 13,
    Unreachable = 14,
    BadPending = 15,
    BadListed = 16,
    Cleared = 17,
    Expired = 18,
    WrittenOff = 19,
    PaidOtherwise = 20,
    Returned = 21,
}

impl From<SaleState> for i32 {
    fn from(state: SaleState) -> Self {
        state as Self
    }
}

impl SaleState {
    /// None while the sale itself is what is shown.
    pub fn of_deduction(step: Step) -> Option<Self> {
        Some(match step {
            Step::Forming => return None,
            Step::Queued => Self::Queued,
            Step::Challenged => Self::Challenged,
            Step::Verified => Self::Verified,
            Step::Submitted => Self::Submitted,
            Step::Settled => Self::Settled,
            Step::Voided => Self::Voided,
            Step::Rejected => Self::Rejected,
            Step::Unreachable => Self::Unreachable,
            Step::BadPending => Self::BadPending,
            Step::BadListed => Self::BadListed,
            Step::Cleared => Self::Cleared,
            Step::Expired => Self::Expired,
            Step::WrittenOff => Self::WrittenOff,
            Step::PaidOtherwise => Self::PaidOtherwise,
            Step::Returned => Self::Returned,
        })
    }
}
