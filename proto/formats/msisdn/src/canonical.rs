//! The canonical form: E.164 digits after the rules of `fold`.

use crate::fold;
use std::fmt;

/// ITU-T E.164 §6.2.1: at most 15 digits, country code first.
pub const DIGITS_MAX: usize = 15;
/// The shortest mobile numbers are on small islands: three digits of country code and four of subscriber.
pub const DIGITS_MIN: usize = 7;

/// `+` and the digits that stand for one subscriber. For comparing and for keys; dial [`crate::Enrolled::dial`] instead.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Canonical(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be + and 7 to 15 digits, country code first (E.164)")]
pub struct CanonicalError;

impl Canonical {
    /// A full international number, such as one that was stored: `+` and digits, nothing else. Whether it is in use in its
    /// country is not asked, so that a number that was once accepted never stops being readable.
    pub fn from_e164(text: &str) -> Result<Self, CanonicalError> {
        let digits = text.strip_prefix('+').ok_or(CanonicalError)?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        if !plain || !(DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()) {
            return Err(CanonicalError);
        }
        Ok(Self::fold(digits))
    }

    pub(crate) fn fold(digits: &str) -> Self {
        Self(format!("+{}", fold::fold(digits)))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn digits(&self) -> &str {
        &self.0[1..]
    }
}

impl fmt::Debug for Canonical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Canonical(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_international_number_is_read_back() {
        assert_eq!(Canonical::from_e164("+8613800138000").unwrap().digits(), "8613800138000");
        for wrong in [
            "",
            "+",
            "13800138000",
            "+86 138",
            "+0123456789",
            "+123456",
            "+1234567890123456",
            "+８６138001380",
        ] {
            assert_eq!(Canonical::from_e164(wrong), Err(CanonicalError), "{wrong:?}");
        }
    }

    #[test]
    fn debug_output_hides_the_number() {
        let number = Canonical::from_e164("+8613800138000").unwrap();
        assert!(!format!("{number:?}").contains("138"));
    }
}
