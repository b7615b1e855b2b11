//! The people of the shop: roles, names, and what a PIN must be.

/// Ordered along the counter: an Owner may do what a Supervisor may. An Auditor stands beside it and only looks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    Auditor,
    Cashier,
    Supervisor,
    Owner,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Auditor, Self::Cashier, Self::Supervisor, Self::Owner];

    /// Four digits are enough to sell; who approves can move money.
    fn pin_digits_min(self) -> usize {
        match self {
            Self::Auditor | Self::Cashier => 4,
            Self::Supervisor | Self::Owner => 6,
        }
    }

    /// A PIN that is right and yet too short for what its person may do.
    pub fn finds_too_short(self, pin: &str) -> bool {
        pin.len() < self.pin_digits_min()
    }
}

/// People of a shop, those who left included: their names stay on what they did.
pub const PEOPLE_MAX: usize = 256;
const NAME_CHARS_MAX: usize = 32;
const PIN_DIGITS_MAX: usize = 8;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    pub name: String,
    pub role: Role,
    /// PHC string, argon2id.
    pub pin_hash: String,
    /// They have a one-time PIN.
    pub must_change_pin: bool,
    pub disabled: bool,
}

/// Names that stand in the history for something else than a person.
const TAKEN: [&str; 2] = ["system", "payer"];

/// A name is said aloud, typed and printed; `:` stands in the names of clients and devices.
pub fn is_name(name: &str) -> bool {
    let sign = |letter: char| letter.is_alphanumeric() || matches!(letter, ' ' | '.' | '-' | '\'');
    let length = name.chars().count();
    (1..=NAME_CHARS_MAX).contains(&length)
        && name.trim() == name
        && name.chars().all(sign)
        && !TAKEN.contains(&name)
}

/// Digits that a person may choose.
pub fn is_pin(role: Role, pin: &str) -> bool {
    (role.pin_digits_min()..=PIN_DIGITS_MAX).contains(&pin.len())
        && pin.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_people_have_and_no_other_caller() {
        for name in ["li", "王芳", "Ann-Marie O'Neil", "J. Smith"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", " li", "pos:kiosk", "system", "payer", "a\u{7}b", "a/b", &"x".repeat(33)] {
            assert!(!is_name(name), "{name:?}");
        }
    }

    #[test]
    fn who_approves_has_a_longer_pin() {
        assert!(is_pin(Role::Cashier, "4711") && is_pin(Role::Auditor, "4711"));
        assert!(!is_pin(Role::Supervisor, "47114") && is_pin(Role::Supervisor, "471147"));
        assert!(!is_pin(Role::Owner, "123456789") && !is_pin(Role::Cashier, "47a1"));
        assert!(Role::Owner.finds_too_short("4711") && !Role::Cashier.finds_too_short("4711"));
    }
}
