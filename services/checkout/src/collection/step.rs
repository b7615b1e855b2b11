//! The life of a deduction: the whole table in one place.

/// The numbers are those of the public SaleState; FORMING is not shown there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// The sale is not sealed yet: nothing is asked.
    Forming = 0,
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

impl From<Step> for i32 {
    fn from(step: Step) -> Self {
        step as Self
    }
}

impl Step {
    pub const ALL: [Self; 16] = [
        Self::Forming,
        Self::Queued,
        Self::Challenged,
        Self::Verified,
        Self::Submitted,
        Self::Settled,
        Self::Voided,
        Self::Rejected,
        Self::Unreachable,
        Self::BadPending,
        Self::BadListed,
        Self::Cleared,
        Self::Expired,
        Self::WrittenOff,
        Self::PaidOtherwise,
        Self::Returned,
    ];

    pub fn may_become(self, next: Self) -> bool {
        use Step::*;
        match self {
            Forming => matches!(next, Queued | Voided | WrittenOff | PaidOtherwise),
            Queued => matches!(
                next,
                Challenged | Verified | Rejected | PaidOtherwise | BadPending | Unreachable | WrittenOff
            ),
            Challenged => matches!(
                next,
                Queued | Verified | Rejected | Unreachable | BadPending | PaidOtherwise | WrittenOff
            ),
            Verified => matches!(next, Submitted | PaidOtherwise | WrittenOff | Rejected),
            // Back to VERIFIED: the ledger refused its posting or the bank the whole file, and nothing of it happened.
            Submitted => matches!(next, Settled | Returned | Verified),
            Settled => next == Returned,
            Rejected => matches!(next, WrittenOff | Queued | Verified | PaidOtherwise),
            Unreachable => matches!(next, Queued | Verified | Rejected | PaidOtherwise | WrittenOff),
            BadPending => {
                matches!(next, BadListed | Verified | PaidOtherwise | WrittenOff | Rejected | Queued)
            }
            BadListed => matches!(next, Cleared | Expired | WrittenOff),
            Returned => matches!(next, Submitted | BadPending | PaidOtherwise | WrittenOff),
            Voided | Cleared | Expired | WrittenOff | PaidOtherwise => false,
        }
    }

    /// Nothing happens to it any more by itself.
    pub fn is_final(self) -> bool {
        use Step::*;
        matches!(self, Settled | Voided | Cleared | Expired | WrittenOff | PaidOtherwise)
    }

    /// Something is still to come. A bad record waits for years and is kept apart.
    pub fn is_open(self) -> bool {
        !self.is_final() && self != Self::BadListed
    }

    /// Owed by the payer and not yet confirmed by them: what the limits count. A bad record bars its payer anyway.
    pub fn is_unverified(self) -> bool {
        use Step::*;
        matches!(self, Forming | Queued | Challenged | Rejected | Unreachable | BadPending)
    }

    /// The payer may still answer a challenge for it.
    pub fn awaits_answer(self) -> bool {
        matches!(self, Self::Queued | Self::Challenged | Self::Unreachable | Self::BadPending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_settled_is_never_deducted_again_and_only_the_verified_is_submitted() {
        for next in Step::ALL {
            assert_eq!(Step::Settled.may_become(next), next == Step::Returned, "{next:?}");
        }
        for from in Step::ALL {
            let may = from.may_become(Step::Submitted);
            assert_eq!(may, matches!(from, Step::Verified | Step::Returned), "{from:?}");
        }
    }

    #[test]
    fn every_step_that_is_not_final_leads_on() {
        for from in Step::ALL.into_iter().filter(|step| !step.is_final()) {
            assert!(Step::ALL.into_iter().any(|next| from.may_become(next)), "{from:?}");
        }
    }
}
