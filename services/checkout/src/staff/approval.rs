//! Who may allow what: roles, wrong PINs, and the rule that nobody decides about their own sale.

use jiff::{SignedDuration, Timestamp};

use crate::values::reason::Reason;

/// Ordered: an Owner may do what a Supervisor may.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    Cashier,
    Supervisor,
    Owner,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StaffMember {
    pub name: String,
    pub role: Role,
    /// PHC string, argon2id.
    pub pin_hash: String,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalError {
    #[error("a PIN is 4 to 8 digits")]
    PinForm,
    #[error("wrong PIN; {left} tries left")]
    WrongPin { left: u8 },
    #[error("too many wrong PINs; try again after {until}")]
    LockedOut { until: Timestamp },
    #[error("this needs a {0:?}")]
    RoleTooLow(Role),
    #[error("the sale's own cashier may not approve this; ask somebody else")]
    OwnSale,
    #[error("two different people must approve this")]
    SamePerson,
    #[error("the stored PIN cannot be read; set it again")]
    StoredPin,
}

impl ApprovalError {
    pub fn reason(&self) -> Reason {
        match self {
            Self::PinForm | Self::WrongPin { .. } => Reason::PIN_WRONG,
            Self::LockedOut { .. } => Reason::PIN_LOCKED_OUT,
            Self::RoleTooLow(_) => Reason::ROLE_TOO_LOW,
            Self::OwnSale => Reason::OWN_SALE,
            Self::SamePerson => Reason::SAME_PERSON,
            Self::StoredPin => Reason::STORED_PIN_UNREADABLE,
        }
    }
}

/// Five wrong PINs close the door for five minutes. Four digits would fall in an hour without it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PinLockout {
    pub wrong: u8,
    pub locked_until: Option<Timestamp>,
}

impl PinLockout {
    pub const WRONG_MAX: u8 = 5;
    pub const LOCKED_FOR: SignedDuration = SignedDuration::from_mins(5);

    /// Ask before the PIN is even hashed.
    pub fn check(self, now: Timestamp) -> Result<(), ApprovalError> {
        match self.locked_until {
            Some(until) if now < until => Err(ApprovalError::LockedOut { until }),
            _ => Ok(()),
        }
    }

    /// The counter to store after a PIN was tried, and the answer.
    pub fn after_try(self, right: bool, now: Timestamp) -> (Self, Result<(), ApprovalError>) {
        if let Err(locked) = self.check(now) {
            return (self, Err(locked));
        }
        if right {
            return (Self::default(), Ok(()));
        }
        let before = if self.locked_until.is_some() { 0 } else { self.wrong };
        let wrong = before + 1;
        if wrong >= Self::WRONG_MAX {
            let until = now + Self::LOCKED_FOR;
            (Self { wrong, locked_until: Some(until) }, Err(ApprovalError::LockedOut { until }))
        } else {
            (
                Self { wrong, locked_until: None },
                Err(ApprovalError::WrongPin { left: Self::WRONG_MAX - wrong }),
            )
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

    /// Whether the cashier of the sale is barred, whatever the role.
    fn bars_own_sale(self) -> bool {
        !matches!(self, Self::VoidBeforePrinting | Self::CloseShift)
    }

    /// Phone and card together are the payer's proof; changing either takes two people.
    pub fn needs_two_people(self) -> bool {
        self == Self::ChangePhoneOrCard
    }
}

/// `approver` is who typed a right PIN; `sale_cashier` is who made the sale, if a sale is concerned.
pub fn check(act: Act, approver: &StaffMember, sale_cashier: Option<&str>) -> Result<(), ApprovalError> {
    if approver.role < act.required_role() {
        return Err(ApprovalError::RoleTooLow(act.required_role()));
    }
    if act.bars_own_sale() && sale_cashier == Some(approver.name.as_str()) {
        return Err(ApprovalError::OwnSale);
    }
    Ok(())
}

/// For an act that takes two: one with the role, and anybody else of the staff.
pub fn check_two(act: Act, approver: &StaffMember, witness: &StaffMember) -> Result<(), ApprovalError> {
    if approver.name == witness.name {
        return Err(ApprovalError::SamePerson);
    }
    check(act, approver, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staff(name: &str, role: Role) -> StaffMember {
        StaffMember { name: name.to_owned(), role, pin_hash: String::new() }
    }

    #[test]
    fn five_wrong_pins_lock_for_five_minutes_and_then_count_anew() {
        let start: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        let mut lockout = PinLockout::default();
        for left in (1..5).rev() {
            let (next, answer) = lockout.after_try(false, start);
            assert_eq!(answer, Err(ApprovalError::WrongPin { left }));
            lockout = next;
        }
        let until = start + PinLockout::LOCKED_FOR;
        let (lockout, answer) = lockout.after_try(false, start);
        assert_eq!(answer, Err(ApprovalError::LockedOut { until }));
        let before = until - SignedDuration::from_secs(1);
        assert_eq!(
            lockout.after_try(true, before).1,
            Err(ApprovalError::LockedOut { until }),
            "even a right one"
        );
        assert_eq!(lockout.after_try(false, until).1, Err(ApprovalError::WrongPin { left: 4 }));
        assert_eq!(lockout.after_try(true, until), (PinLockout::default(), Ok(())));
    }

    #[test]
    fn nobody_approves_his_own_sale_not_even_the_owner() {
        let (mei, li) = (staff("mei", Role::Owner), staff("li", Role::Cashier));
        assert_eq!(check(Act::ResolveDispute, &mei, Some("mei")), Err(ApprovalError::OwnSale));
        assert_eq!(check(Act::ResolveDispute, &mei, Some("li")), Ok(()));
        assert_eq!(check(Act::VoidBeforePrinting, &li, Some("li")), Ok(()));
    }

    #[test]
    fn a_role_too_low_is_told_which_role_is_needed() {
        let li = staff("li", Role::Cashier);
        assert_eq!(check(Act::Refund, &li, Some("mei")), Err(ApprovalError::RoleTooLow(Role::Supervisor)));
        let wang = staff("wang", Role::Supervisor);
        let network = check(Act::PrintCardOnNetworkPrinter, &wang, None);
        assert_eq!(network, Err(ApprovalError::RoleTooLow(Role::Owner)));
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
