//! Phone numbers. They never reach a log: `Debug` hides the digits and there is no `Display`.

use chit_msisdn::Canonical;
use std::fmt;

/// E.164 §6.2.1: at most 15 digits, country code first, no leading zero.
const DIGITS_MAX: usize = 15;
/// Shorter numbers are service short codes; the gateway does not write to those.
const DIGITS_MIN: usize = 7;
/// Networks rewrite prefixes (national/international) in reports and replies; the tail stays. It finds, and never decides.
const SUFFIX_DIGITS: usize = 8;

#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneE164(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    #[error("must start with + and the country code, e.g. +8613…")]
    NoPlus,
    #[error("must contain digits only after the +")]
    NotDigits,
    #[error("must have 7 to 15 digits and must not start with 0 (E.164; short codes are refused)")]
    Length,
}

impl PhoneE164 {
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let digits = text.strip_prefix('+').ok_or(PhoneError::NoPlus)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PhoneError::NotDigits);
        }
        if !(DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()) || digits.starts_with('0') {
            return Err(PhoneError::Length);
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What tells one subscriber from another.
    pub fn canonical(&self) -> Canonical {
        Canonical::from_e164(&self.0).expect("both take the same texts")
    }

    pub fn digits(&self) -> &str {
        &self.0[1..]
    }

    /// The digits that survive networks' rewriting; what routes, caps and reports are kept by.
    pub fn tail(&self) -> &str {
        tail(self.digits())
    }

    /// True when `other` (digits as a network wrote them, national or international) ends like this number.
    pub fn same_tail(&self, other: &str) -> bool {
        let other: String = other.chars().filter(char::is_ascii_digit).collect();
        let length = SUFFIX_DIGITS.min(self.digits().len());
        other.len() >= length
            && self.digits()[self.digits().len() - length..] == other[other.len() - length..]
    }
}

/// The last eight digits, or all of a shorter number.
pub fn tail(digits: &str) -> &str {
    digits.get(digits.len().saturating_sub(SUFFIX_DIGITS)..).unwrap_or(digits)
}

impl fmt::Debug for PhoneE164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneE164(…)")
    }
}

/// The text of a message. It may hold a row number or a code, so `Debug` shows its length only.
#[derive(Clone, PartialEq, Eq)]
pub struct SmsText(pub String);

impl fmt::Debug for SmsText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmsText({} chars)", self.0.chars().count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_full_international_numbers_are_accepted() {
        assert!(PhoneE164::parse("+8613800138000").is_ok());
        assert_eq!(PhoneE164::parse("13800138000"), Err(PhoneError::NoPlus));
        assert_eq!(PhoneE164::parse("+86 138"), Err(PhoneError::NotDigits));
        assert_eq!(PhoneE164::parse("+10086"), Err(PhoneError::Length));
        assert_eq!(PhoneE164::parse("+0123456789"), Err(PhoneError::Length));
        assert_eq!(PhoneE164::parse("+1234567890123456"), Err(PhoneError::Length));
    }

    #[test]
    fn every_number_has_a_canonical_form() {
        for text in ["+8613800138000", "+1234567", "+123456789012345", "+5491123456789"] {
            assert!(PhoneE164::parse(text).unwrap().canonical().digits().len() >= DIGITS_MIN);
        }
    }

    #[test]
    fn debug_output_hides_numbers_and_texts() {
        let phone = PhoneE164::parse("+8613800138000").unwrap();
        assert!(!format!("{phone:?}").contains("138"));
        assert!(!format!("{:?}", SmsText("row 23".into())).contains("23"));
    }

    #[test]
    fn a_national_form_of_the_number_has_the_same_tail() {
        let phone = PhoneE164::parse("+8613800138000").unwrap();
        assert!(phone.same_tail("13800138000"));
        assert!(phone.same_tail("+8613800138000"));
        assert!(!phone.same_tail("13800138001"));
        assert!(!phone.same_tail("8000"));
    }
}
