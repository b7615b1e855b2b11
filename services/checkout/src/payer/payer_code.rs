//! The payer code: 98 signed bytes that a payer shows as a QR, checked without any network.
//!
//! ```text
//! 0 version 0xF1 · 1–2 issuer · 3 key id · 4–11 payer id · 12–13 from-day · 14–15 to-day (days since 2020-01-01)
//! 16–17 serial · 18 limit class · 19 flags · 20–21 currency (ISO 4217 numeric) · 22–25 consent hash
//! 26–33 phone, BCD XOR HMAC-SHA-256(group key, payer id ‖ serial) · 34–97 Ed25519 over a domain and bytes 0–33
//! ```
//! All numbers big-endian. Written as one decimal number of 237 digits, because digits survive keyboard-wedge
//! scanners, CapsLock and input methods; [`super::payer_code_digits`] does that part.

use std::fmt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use iso_currency::Currency;
use jiff::civil::Date;
use sha2::Sha256;

use super::payer_code_digits::{self, PayerCodeDigits, TOKEN_BYTES};
use crate::values::ids::PayerId;
use crate::values::phone::PhoneE164;
use crate::values::reason::Reason;

const VERSION: u8 = 0xF1;
const SIGNED_BYTES: usize = 34;
const SIGNATURE_DOMAIN: &[u8] = b"chit/payer-token/v1\0";
const EPOCH: Date = jiff::civil::date(2020, 1, 1);

/// Days since 2020-01-01; two bytes last until 2199.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DayNumber(pub u16);

impl DayNumber {
    /// None before 2020 and after 2199.
    pub fn of(date: Date) -> Option<Self> {
        let days = date.duration_since(EPOCH).as_hours() / 24;
        u16::try_from(days).ok().map(Self)
    }

    pub fn date(self) -> Date {
        EPOCH + jiff::Span::new().days(i32::from(self.0))
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayerCodeError {
    #[error("this is not a Chit payer code; ask the payer to show the payer code")]
    NotAPayerCode,
    #[error("the payer code is of a newer kind (version {0:#04x}); update this till")]
    UnknownVersion(u8),
    #[error(
        "issuer {issuer} with key {key_id} is not known here; import its key or enrol the payer at this till"
    )]
    UnknownIssuer { issuer: u16, key_id: u8 },
    #[error("the payer code is damaged or forged; scan again, then refuse it")]
    BadSignature,
    #[error("the payer code is valid from {0} only")]
    NotYetValid(Date),
    #[error("the payer code was valid until {0}; renew it at the counter")]
    Expired(Date),
    #[error("the payer code names a currency ({0}) that does not exist; reissue it")]
    UnknownCurrency(u16),
    #[error("the phone number in the payer code cannot be read with this till's group key")]
    PhoneUnreadable,
    #[error("the clock of this machine is outside 2020–2199; set it")]
    ClockUnusable,
}

impl PayerCodeError {
    pub fn reason(&self) -> Reason {
        match self {
            Self::NotAPayerCode => Reason::NOT_A_PAYER_CODE,
            Self::UnknownVersion(_) => Reason::UNKNOWN_VERSION,
            Self::UnknownIssuer { .. } => Reason::UNKNOWN_ISSUER,
            Self::BadSignature => Reason::BAD_SIGNATURE,
            Self::NotYetValid(_) => Reason::NOT_YET_VALID,
            Self::Expired(_) => Reason::EXPIRED,
            Self::UnknownCurrency(_) => Reason::UNKNOWN_CURRENCY,
            Self::PhoneUnreadable => Reason::PHONE_UNREADABLE,
            Self::ClockUnusable => Reason::CLOCK_UNUSABLE,
        }
    }
}

/// E.164 digits as BCD, padded with 0xF, XOR a pseudo-random pad that the group's tills can compute.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SealedPhone(pub [u8; 8]);

impl SealedPhone {
    pub fn seal(phone: &PhoneE164, group_key: &[u8], payer: PayerId, serial: u16) -> Self {
        let mut bcd = [0xff; 8];
        for (at, digit) in phone.reveal().bytes().skip(1).enumerate() {
            let (shift, keep) = if at % 2 == 0 { (4, 0x0f) } else { (0, 0xf0) };
            bcd[at / 2] = bcd[at / 2] & keep | (digit - b'0') << shift;
        }
        Self(xor(bcd, phone_pad(group_key, payer, serial)))
    }

    pub fn open(self, group_key: &[u8], payer: PayerId, serial: u16) -> Result<PhoneE164, PayerCodeError> {
        let bcd = xor(self.0, phone_pad(group_key, payer, serial));
        let nibbles: Vec<u8> = bcd.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]).collect();
        let length = nibbles.iter().position(|nibble| *nibble == 0xf).unwrap_or(nibbles.len());
        let (digits, padding) = nibbles.split_at(length);
        if digits.iter().any(|digit| *digit > 9) || padding.iter().any(|nibble| *nibble != 0xf) {
            return Err(PayerCodeError::PhoneUnreadable);
        }
        let text: String =
            std::iter::once('+').chain(digits.iter().map(|digit| char::from(b'0' + digit))).collect();
        PhoneE164::new(&text).map_err(|_wrong_key| PayerCodeError::PhoneUnreadable)
    }
}

fn phone_pad(group_key: &[u8], payer: PayerId, serial: u16) -> [u8; 8] {
    let mut mac = Hmac::<Sha256>::new_from_slice(group_key).expect("HMAC takes a key of any length");
    mac.update(&payer.0);
    mac.update(&serial.to_be_bytes());
    let whole: [u8; 32] = mac.finalize().into_bytes().into();
    std::array::from_fn(|at| whole[at])
}

fn xor(left: [u8; 8], right: [u8; 8]) -> [u8; 8] {
    std::array::from_fn(|at| left[at] ^ right[at])
}

/// What a payer code says. Debug leaves the phone out.
#[derive(Clone, PartialEq, Eq)]
pub struct PayerCode {
    pub issuer: u16,
    pub key_id: u8,
    pub payer_id: PayerId,
    /// First and last day on which the code is valid, both included.
    pub from_day: DayNumber,
    pub to_day: DayNumber,
    /// Grows with each reissue; a newer serial kills the older ones.
    pub serial: u16,
    pub limit_class: u8,
    pub flags: u8,
    pub currency: Currency,
    pub consent_hash: [u8; 4],
    pub sealed_phone: SealedPhone,
}

impl fmt::Debug for PayerCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PayerCode")
            .field("issuer", &self.issuer)
            .field("payer_id", &self.payer_id)
            .field("from_day", &self.from_day)
            .field("to_day", &self.to_day)
            .field("serial", &self.serial)
            .finish_non_exhaustive()
    }
}

impl PayerCode {
    fn body(&self) -> [u8; SIGNED_BYTES] {
        let mut body = [0; SIGNED_BYTES];
        body[0] = VERSION;
        body[1..3].copy_from_slice(&self.issuer.to_be_bytes());
        body[3] = self.key_id;
        body[4..12].copy_from_slice(&self.payer_id.0);
        body[12..14].copy_from_slice(&self.from_day.0.to_be_bytes());
        body[14..16].copy_from_slice(&self.to_day.0.to_be_bytes());
        body[16..18].copy_from_slice(&self.serial.to_be_bytes());
        body[18] = self.limit_class;
        body[19] = self.flags;
        body[20..22].copy_from_slice(&self.currency.numeric().to_be_bytes());
        body[22..26].copy_from_slice(&self.consent_hash);
        body[26..34].copy_from_slice(&self.sealed_phone.0);
        body
    }

    pub fn sign(&self, key: &SigningKey) -> PayerCodeDigits {
        let body = self.body();
        let mut token = [0; TOKEN_BYTES];
        token[..SIGNED_BYTES].copy_from_slice(&body);
        token[SIGNED_BYTES..].copy_from_slice(&key.sign(&signed_message(&body)).to_bytes());
        PayerCodeDigits::of(&token)
    }

    pub fn phone(&self, group_key: &[u8]) -> Result<PhoneE164, PayerCodeError> {
        self.sealed_phone.open(group_key, self.payer_id, self.serial)
    }
}

fn signed_message(body: &[u8]) -> Vec<u8> {
    [SIGNATURE_DOMAIN, body].concat()
}

/// Reads and checks a scan. `key_of(issuer, key id)` looks a public key up; `today` is the local date.
/// The signature is checked before anything else in the code is believed.
pub fn decode_and_verify(
    digits: &str,
    key_of: impl FnOnce(u16, u8) -> Option<VerifyingKey>,
    today: Date,
) -> Result<PayerCode, PayerCodeError> {
    let token = payer_code_digits::decode(digits).ok_or(PayerCodeError::NotAPayerCode)?;
    if token[0] != VERSION {
        let newer = token[0] & 0xf0 == VERSION & 0xf0;
        return Err(if newer {
            PayerCodeError::UnknownVersion(token[0])
        } else {
            PayerCodeError::NotAPayerCode
        });
    }
    let two = |at: usize| u16::from_be_bytes([token[at], token[at + 1]]);
    let (issuer, key_id) = (two(1), token[3]);
    let key = key_of(issuer, key_id).ok_or(PayerCodeError::UnknownIssuer { issuer, key_id })?;
    let (body, signature) = token.split_at(SIGNED_BYTES);
    let signature = Signature::from_slice(signature).map_err(|_length| PayerCodeError::BadSignature)?;
    key.verify_strict(&signed_message(body), &signature).map_err(|_forged| PayerCodeError::BadSignature)?;

    let code = PayerCode {
        issuer,
        key_id,
        payer_id: PayerId(std::array::from_fn(|at| token[4 + at])),
        from_day: DayNumber(two(12)),
        to_day: DayNumber(two(14)),
        serial: two(16),
        limit_class: token[18],
        flags: token[19],
        currency: Currency::from_numeric(two(20)).ok_or(PayerCodeError::UnknownCurrency(two(20)))?,
        consent_hash: std::array::from_fn(|at| token[22 + at]),
        sealed_phone: SealedPhone(std::array::from_fn(|at| token[26 + at])),
    };
    let today = DayNumber::of(today).ok_or(PayerCodeError::ClockUnusable)?;
    if today < code.from_day {
        return Err(PayerCodeError::NotYetValid(code.from_day.date()));
    }
    if today > code.to_day {
        return Err(PayerCodeError::Expired(code.to_day.date()));
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const GROUP_KEY: &[u8] = &[9; 32];
    const TODAY: Date = date(2026, 11, 24);

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[42; 32])
    }

    fn code(payer_id: [u8; 8], serial: u16, phone: &str) -> PayerCode {
        let payer_id = PayerId(payer_id);
        let from_day = DayNumber::of(TODAY).unwrap();
        PayerCode {
            issuer: 7,
            key_id: 1,
            payer_id,
            from_day,
            to_day: DayNumber(from_day.0 + 90),
            serial,
            limit_class: 2,
            flags: 1,
            currency: Currency::CNY,
            consent_hash: [1, 2, 3, 4],
            sealed_phone: SealedPhone::seal(&PhoneE164::new(phone).unwrap(), GROUP_KEY, payer_id, serial),
        }
    }

    fn read(digits: &str, today: Date) -> Result<PayerCode, PayerCodeError> {
        decode_and_verify(digits, |issuer, _| (issuer == 7).then(|| key().verifying_key()), today)
    }

    #[test]
    fn a_code_is_valid_from_its_first_to_its_last_day_and_no_longer() {
        let digits = code([3; 8], 5, "+8613800138000").sign(&key());
        assert!(read(digits.as_str(), TODAY).is_ok());
        assert!(read(digits.as_str(), date(2027, 2, 22)).is_ok());
        assert_eq!(read(digits.as_str(), date(2027, 2, 23)), Err(PayerCodeError::Expired(date(2027, 2, 22))));
        assert_eq!(read(digits.as_str(), date(2026, 11, 23)), Err(PayerCodeError::NotYetValid(TODAY)));
        assert_eq!(read(digits.as_str(), date(1999, 1, 1)), Err(PayerCodeError::ClockUnusable));
    }

    #[test]
    fn a_stranger_or_a_forger_is_refused_with_the_right_reason() {
        let mut stranger = code([3; 8], 5, "+8613800138000");
        stranger.issuer = 8;
        assert_eq!(read(stranger.sign(&key()).as_str(), TODAY).unwrap_err().reason(), Reason::UNKNOWN_ISSUER);
        let forged = code([3; 8], 5, "+8613800138000").sign(&SigningKey::from_bytes(&[1; 32]));
        assert_eq!(read(forged.as_str(), TODAY).unwrap_err().reason(), Reason::BAD_SIGNATURE);
        assert_eq!(read("6901234567892", TODAY).unwrap_err().reason(), Reason::NOT_A_PAYER_CODE);
        assert_eq!(read(&"0".repeat(237), TODAY).unwrap_err().reason(), Reason::NOT_A_PAYER_CODE);
    }

    #[test]
    fn a_code_of_a_later_version_asks_for_an_update() {
        let mut token = [0; TOKEN_BYTES];
        token[0] = 0xF2;
        let digits = payer_code_digits::encode(&token);
        assert_eq!(read(&digits, TODAY), Err(PayerCodeError::UnknownVersion(0xF2)));
    }

    #[test]
    fn another_group_key_does_not_read_the_phone() {
        let code = code([3; 8], 5, "+8613800138000");
        assert_eq!(code.phone(GROUP_KEY).unwrap().reveal(), "+8613800138000");
        assert_eq!(code.phone(&[8; 32]).err(), Some(PayerCodeError::PhoneUnreadable));
    }

    #[test]
    fn a_payer_code_and_its_digits_do_not_show_in_debug_output() {
        let code = code([3; 8], 5, "+8613800138000");
        let shown = format!("{code:?} {:?}", code.sign(&key()));
        assert!(!shown.contains("phone") && !shown.contains("consent") && shown.ends_with("(redacted)"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_payer_code_and_its_phone_round_trip(payer: [u8; 8], serial: u16, phone in "\\+[1-9][0-9]{6,14}") {
            let code = code(payer, serial, &phone);
            let digits = code.sign(&key());
            prop_assert_eq!(digits.as_str().len(), 237);
            let back = read(digits.as_str(), TODAY).unwrap();
            let recovered = back.phone(GROUP_KEY).unwrap();
            prop_assert_eq!(recovered.reveal(), phone);
            prop_assert_eq!(back, code);
        }

        #[test]
        fn a_single_changed_digit_is_refused(payer: [u8; 8], at in 0_usize..237, shift in 1_u8..10) {
            let mut digits = code(payer, 1, "+8613800138000").sign(&key()).as_str().to_owned().into_bytes();
            digits[at] = b'0' + (digits[at] - b'0' + shift) % 10;
            prop_assert!(read(std::str::from_utf8(&digits).unwrap(), TODAY).is_err());
        }
    }
}
