//! Who a payer is to the till: a random id, and a phone number that never shows itself.

use std::fmt;
use std::str::FromStr;

/// Eight random bytes given at enrolment; says nothing about the person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PayerId(pub [u8; 8]);

impl fmt::Display for PayerId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for PayerId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PayerId({self})")
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayerFieldError {
    #[error("a payer id is 16 hexadecimal digits")]
    PayerId,
    #[error("write the phone number with its country code, e.g. +86 followed by 11 digits")]
    Phone,
    #[error("the phone number does not exist in its country's numbering plan; check the digits")]
    PhoneNotInPlan,
}

impl FromStr for PayerId {
    type Err = PayerFieldError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut id = [0; 8];
        hex::decode_to_slice(text, &mut id).map_err(|_not_hex| PayerFieldError::PayerId)?;
        Ok(Self(id))
    }
}

/// ITU-T E.164: `+`, then at most 15 digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneE164(String);

impl PhoneE164 {
    pub const DIGITS_MAX: usize = 15;
    const DIGITS_MIN: usize = 7;

    /// Takes the strict form only: `+` and 7 to 15 digits, the first not zero.
    pub fn new(text: &str) -> Result<Self, PayerFieldError> {
        let digits = text.strip_prefix('+').ok_or(PayerFieldError::Phone)?;
        let length_ok = (Self::DIGITS_MIN..=Self::DIGITS_MAX).contains(&digits.len());
        let digits_ok = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        if length_ok && digits_ok { Ok(Self(text.to_owned())) } else { Err(PayerFieldError::Phone) }
    }

    /// Reads what a person types at enrolment; `country` (ISO 3166, e.g. `CN`) is used when there is no `+`.
    pub fn parse_typed(text: &str, country: &str) -> Result<Self, PayerFieldError> {
        let country = country.parse().map_err(|_unknown_country| PayerFieldError::Phone)?;
        let number =
            phonenumber::parse(Some(country), text).map_err(|_not_a_number| PayerFieldError::Phone)?;
        if !phonenumber::is_valid(&number) {
            return Err(PayerFieldError::PhoneNotInPlan);
        }
        Self::new(&number.format().mode(phonenumber::Mode::E164).to_string())
    }

    /// The number in clear, for the SMS gateway and the sealed store only (invariant I12).
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What a screen may show: the last two digits.
    pub fn masked(&self) -> String {
        format!("+…{}", &self.0[self.0.len() - 2..])
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
        assert_eq!(phone.masked(), "+…00");
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
        assert_eq!(PhoneE164::parse_typed("12", "CN"), Err(PayerFieldError::PhoneNotInPlan));
        assert_eq!(PhoneE164::parse_typed("hello", "CN"), Err(PayerFieldError::Phone));
    }

    #[test]
    fn a_payer_id_reads_back_from_its_hexadecimal_form() {
        let id = PayerId([1, 2, 3, 4, 5, 6, 7, 0xff]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("0102".parse::<PayerId>().is_err());
    }
}
