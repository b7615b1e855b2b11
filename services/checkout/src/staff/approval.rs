//! Who may allow what, and the rule that nobody decides about a sale in which they had a hand.

use chit_pin::PinError;

use super::person::{Person, Role};
use crate::values::reason::Reason;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalError {
    #[error(transparent)]
    Pin(#[from] PinError),
    #[error("this PIN is a one-time PIN or too short for its role; sign in and change it first")]
    MustChangePin,
    #[error("this needs a {0:?}")]
    RoleTooLow(Role),
    #[error("who had a hand in the sale may not approve this; ask somebody else")]
    OwnSale,
    #[error("who enrolled the payer may not approve this; ask somebody else")]
    OwnPayer,
    #[error("two different people must approve this")]
    SamePerson,
}

impl ApprovalError {
    pub fn reason(&self) -> Reason {
        match self {
            Self::Pin(PinError::Form | PinError::Wrong { .. }) => Reason::PIN_WRONG,
            Self::Pin(PinError::LockedOut { .. }) => Reason::PIN_LOCKED_OUT,
            Self::Pin(PinError::Stored) => Reason::STORED_PIN_UNREADABLE,
            Self::RoleTooLow(_) => Reason::ROLE_TOO_LOW,
            Self::MustChangePin => Reason::PIN_MUST_CHANGE,
            Self::OwnSale => Reason::OWN_SALE,
            Self::OwnPayer => Reason::OWN_PAYER,
            Self::SamePerson => Reason::SAME_PERSON,
        }
    }
}

/// What can be approved. The names are hashed into the ledger's facts: never rename one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(i32)]
pub enum Act {
    VoidBeforePrinting,
    /// Needs the ORIGINAL receipt back as well.
    VoidAfterPrinting,
    Refund,
    ReleaseWithoutEvidence,
    OverLimit,
    EnrolPayer,
    ChangePhoneOrCard,
    WithdrawRejection,
    ResolveDispute,
    ListOnPartialEvidence,
    WriteOff,
    CloseShift,
    RunSettlement,
    PrintCardOnNetworkPrinter,
    ManageStaff,
    ConfirmTime,
    CashPayment,
    WithdrawDispute,
    RecordMandate,
    MarkStatement,
    /// What is stored of a payer leaves the shop, with them.
    ExportPayer,
    ErasePayer,
}

impl From<Act> for i32 {
    fn from(act: Act) -> Self {
        act as Self
    }
}

impl Act {
    pub fn required_role(self) -> Role {
        match self {
            Self::VoidBeforePrinting | Self::CloseShift => Role::Cashier,
            Self::PrintCardOnNetworkPrinter | Self::ManageStaff => Role::Owner,
            _ => Role::Supervisor,
        }
    }

    /// Whether those who had a hand in the sale are barred, whatever their role.
    fn bars_own_sale(self) -> bool {
        !matches!(self, Self::VoidBeforePrinting | Self::CloseShift)
    }

    /// Phone and card together are the payer's proof, and who was erased cannot object any more: either takes two people.
    pub fn needs_two_people(self) -> bool {
        matches!(self, Self::ChangePhoneOrCard | Self::ErasePayer)
    }
}

/// Who had a hand in what is decided about.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hands {
    /// Lines, person check, commit, release.
    pub of_sale: Vec<String>,
    /// Who enrolled the payer: they may serve, but neither approve nor judge.
    pub enrolled_by: Option<String>,
}

impl Hands {
    /// Of what concerns no sale.
    pub const NONE: Self = Self { of_sale: Vec::new(), enrolled_by: None };
}

/// `approver` is who typed a right PIN.
pub fn check(act: Act, approver: &Person, hands: &Hands) -> Result<(), ApprovalError> {
    if approver.role < act.required_role() {
        return Err(ApprovalError::RoleTooLow(act.required_role()));
    }
    if !act.bars_own_sale() {
        return Ok(());
    }
    if hands.of_sale.contains(&approver.name) {
        return Err(ApprovalError::OwnSale);
    }
    if hands.enrolled_by.as_ref() == Some(&approver.name) {
        return Err(ApprovalError::OwnPayer);
    }
    Ok(())
}

/// For an act that takes two: one with the role, and anybody else of the staff.
pub fn check_two(act: Act, approver: &Person, witness: &Person) -> Result<(), ApprovalError> {
    if approver.name == witness.name {
        return Err(ApprovalError::SamePerson);
    }
    check(act, approver, &Hands::NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staff(name: &str, role: Role) -> Person {
        Person {
            name: name.to_owned(),
            role,
            pin_hash: String::new(),
            must_change_pin: false,
            disabled: false,
        }
    }

    fn sold_by(names: &[&str]) -> Hands {
        Hands { of_sale: names.iter().map(|name| (*name).to_owned()).collect(), enrolled_by: None }
    }

    #[test]
    fn nobody_approves_a_sale_in_which_they_had_a_hand_not_even_the_owner() {
        let (mei, li) = (staff("mei", Role::Owner), staff("li", Role::Cashier));
        for act in [Act::ResolveDispute, Act::OverLimit, Act::CashPayment, Act::WithdrawDispute] {
            assert_eq!(check(act, &mei, &sold_by(&["li", "mei"])), Err(ApprovalError::OwnSale), "{act:?}");
            assert_eq!(check(act, &mei, &sold_by(&["li"])), Ok(()), "{act:?}");
        }
        assert_eq!(check(Act::VoidBeforePrinting, &li, &sold_by(&["li"])), Ok(()));
    }

    #[test]
    fn who_enrolled_a_payer_does_not_judge_their_sales() {
        let wang = staff("wang", Role::Supervisor);
        let hands = Hands { enrolled_by: Some("wang".into()), ..sold_by(&["li"]) };
        assert_eq!(check(Act::ResolveDispute, &wang, &hands), Err(ApprovalError::OwnPayer));
    }

    #[test]
    fn a_role_too_low_is_told_which_role_is_needed() {
        let li = staff("li", Role::Cashier);
        let refund = check(Act::Refund, &li, &sold_by(&["mei"]));
        assert_eq!(refund, Err(ApprovalError::RoleTooLow(Role::Supervisor)));
        let wang = staff("wang", Role::Supervisor);
        let network = check(Act::PrintCardOnNetworkPrinter, &wang, &Hands::NONE);
        assert_eq!(network, Err(ApprovalError::RoleTooLow(Role::Owner)));
        let auditor = check(Act::VoidBeforePrinting, &staff("sun", Role::Auditor), &Hands::NONE);
        assert_eq!(auditor, Err(ApprovalError::RoleTooLow(Role::Cashier)));
    }

    #[test]
    fn a_change_of_phone_or_card_takes_two_different_people() {
        let (wang, li) = (staff("wang", Role::Supervisor), staff("li", Role::Cashier));
        assert!(Act::ChangePhoneOrCard.needs_two_people());
        assert_eq!(check_two(Act::ChangePhoneOrCard, &wang, &li), Ok(()));
        assert_eq!(check_two(Act::ChangePhoneOrCard, &wang, &wang), Err(ApprovalError::SamePerson));
        let low = check_two(Act::ChangePhoneOrCard, &li, &wang);
        assert_eq!(low, Err(ApprovalError::RoleTooLow(Role::Supervisor)));
    }
}
