//! A telephone number that never shows itself.

use std::fmt;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    #[error("write the phone number with its country code, e.g. +86 followed by 11 digits")]
    Form,
    #[error("[checkout] country is no ISO 3166 code; correct chit.toml")]
    Country,
    #[error("{0}")]
    Typed(chit_msisdn::NumberError),
}

/// ITU-T E.164: `+`, then at most 15 digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneE164(String);

impl PhoneE164 {
    pub const DIGITS_MAX: usize = 15;
    const DIGITS_MIN: usize = 7;

    /// Takes the strict form only: `+` and 7 to 15 digits, the first not zero.
    pub fn new(text: &str) -> Result<Self, PhoneError> {
        let digits = text.strip_prefix('+').ok_or(PhoneError::Form)?;
        let length_ok = (Self::DIGITS_MIN..=Self::DIGITS_MAX).contains(&digits.len());
        let digits_ok = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        if length_ok && digits_ok { Ok(Self(text.to_owned())) } else { Err(PhoneError::Form) }
    }

    /// Reads what a person types at enrolment, in the shop's country (ISO 3166, e.g. `CN`) when there is no `+`.
    pub fn parse_typed(text: &str, country: &str) -> Result<Self, PhoneError> {
        let country = chit_msisdn::Country::from_iso(country).map_err(|_unknown| PhoneError::Country)?;
        let enrolled = chit_msisdn::enrol(text, country).map_err(PhoneError::Typed)?;
        Self::new(enrolled.dial())
    }

    /// The form in which two writings of one number are equal.
    pub fn canonical(&self) -> String {
        match chit_msisdn::Canonical::from_e164(&self.0) {
            Ok(canonical) => canonical.as_str().to_owned(),
            // No plan folds it, so it stands for itself.
            Err(_no_plan) => self.0.clone(),
        }
    }

    /// The number in clear, for the SMS gateway and the sealed store only (invariant I12).
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PhoneE164 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PhoneE164(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_never_shows_in_debug_output() {
        let phone = PhoneE164::new("+8613800138000").unwrap();
        assert_eq!(format!("{phone:?}"), "PhoneE164(redacted)");
    }

    #[test]
    fn only_the_strict_international_form_is_taken() {
        for bad in ["", "+", "13800138000", "+0138001380", "+86 138", "+1234567890123456", "+86138001380００"]
        {
            assert!(PhoneE164::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_number_typed_the_local_way_gets_its_country_code() {
        assert_eq!(PhoneE164::parse_typed("138 0013 8000", "CN").unwrap().reveal(), "+8613800138000");
        assert_eq!(PhoneE164::parse_typed("+86 138-0013-8000", "GB").unwrap().reveal(), "+8613800138000");
        assert!(matches!(PhoneE164::parse_typed("12", "CN"), Err(PhoneError::Typed(_))));
        assert!(matches!(PhoneE164::parse_typed("hello", "CN"), Err(PhoneError::Typed(_))));
        assert_eq!(PhoneE164::parse_typed("138 0013 8000", "XX"), Err(PhoneError::Country));
    }
}
