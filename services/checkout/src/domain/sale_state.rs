//! How a sale goes from state to state: the whole table in one place.

/// DESIGN "Sale states"; the numbers are those of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum SaleState {
    Unspecified = 0,
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

impl SaleState {
    /// The whole life of a sale in one place.
    pub fn may_become(self, next: Self) -> bool {
        use SaleState::*;
        match self {
            Unspecified => next == Draft,
            Draft => matches!(next, PayerOk | Voided),
            PayerOk => matches!(next, Draft | Committed | Voided),
            Committed => matches!(next, Printing | Voided),
            Printing => matches!(next, Released | Voided),
            Released => matches!(next, Sealed | WrittenOff),
            Sealed => matches!(next, Queued | WrittenOff),
            Queued => matches!(
                next,
                Challenged | Verified | Rejected | PaidOtherwise | BadPending | Unreachable | WrittenOff
            ),
            Challenged => {
                matches!(
                    next,
                    Queued | Verified | Rejected | Unreachable | BadPending | PaidOtherwise | WrittenOff
                )
            }
            Verified => matches!(next, Submitted | PaidOtherwise | WrittenOff),
            Submitted => matches!(next, Settled | Returned),
            Settled => next == Returned,
            Rejected => matches!(next, WrittenOff | Queued | Verified | PaidOtherwise),
            Unreachable => matches!(next, Queued | Verified | Rejected | PaidOtherwise | WrittenOff),
            BadPending => matches!(next, BadListed | Verified | PaidOtherwise | WrittenOff | Rejected),
            BadListed => matches!(next, Cleared | Expired | WrittenOff),
            Returned => matches!(next, Submitted | BadPending | PaidOtherwise),
            Voided | Cleared | Expired | WrittenOff | PaidOtherwise => false,
        }
    }

    /// Nothing happens to it any more by itself.
    pub fn is_final(self) -> bool {
        use SaleState::*;
        matches!(self, Settled | Voided | Cleared | Expired | WrittenOff | PaidOtherwise)
    }

    /// Owed by the payer and not yet confirmed by him: what the limits count.
    pub fn is_unverified(self) -> bool {
        use SaleState::*;
        matches!(
            self,
            Committed
                | Printing
                | Released
                | Sealed
                | Queued
                | Challenged
                | Rejected
                | Unreachable
                | BadPending
                | BadListed
        )
    }

    pub fn is_committed(self) -> bool {
        !matches!(self, Self::Unspecified | Self::Draft | Self::PayerOk)
    }
}
