//! What follows from what was found: the shop's action codes.

use super::rules::RiskResult;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Allow,
    /// A supervisor's Approval; the bits say for what.
    NeedsApproval(RiskResult),
    Refuse(RiskResult),
}

/// The shop's action codes. Bits in neither are noted and nothing more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ActionCodes {
    pub refuse: RiskResult,
    pub approve: RiskResult,
}

impl Default for ActionCodes {
    fn default() -> Self {
        let refuse = RiskResult::DENY_LISTED
            .with(RiskResult::SERIAL_OLD)
            .with(RiskResult::FROZEN)
            .with(RiskResult::LOCKED)
            .with(RiskResult::FACE_DIFFERENT)
            .with(RiskResult::CHANGED_WITHIN_24_HOURS)
            .with(RiskResult::NOT_ACTIVE)
            .with(RiskResult::OVER_TILL_LIMIT)
            .with(RiskResult::OVER_DAY_LIMIT)
            .with(RiskResult::OLDEST_UNVERIFIED_TOO_OLD);
        let approve = RiskResult::OVER_SALE_LIMIT
            .with(RiskResult::OVER_PAYER_LIMIT)
            .with(RiskResult::TOO_MANY_UNVERIFIED)
            .with(RiskResult::FACE_NOT_CONFIRMED);
        Self { refuse, approve }
    }
}

impl ActionCodes {
    pub fn verdict(&self, result: RiskResult) -> Verdict {
        let (refuse, approve) = (result.among(self.refuse), result.among(self.approve));
        if !refuse.is_empty() {
            Verdict::Refuse(refuse)
        } else if !approve.is_empty() {
            Verdict::NeedsApproval(approve)
        } else {
            Verdict::Allow
        }
    }
}
