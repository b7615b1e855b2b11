//! The payer code: 98 signed bytes that a payer shows as a QR, checked without any network.
//!
//! ```text
//! 0 version 0xF1 · 1–2 issuer · 3 key id · 4–11 payer id · 12–13 from-day · 14–15 to-day (days since 2020-01-01)
//! 16–17 serial · 18 limit class · 19 flags · 20–21 currency (ISO 4217 numeric) · 22–25 consent hash
//! 26–33 phone, BCD XOR HMAC-SHA-256(group key, payer id ‖ serial) · 34–97 Ed25519 over a domain and bytes 0–33
//! ```
//! All numbers big-endian, the whole written as one decimal number of 237 digits ([`digits`]). Nothing but a good signature
//! makes a payer code; [`is_well_formed`] only says what is worth a look, for readers that hold no key.

pub mod digits;
mod phone;

use std::fmt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use iso_currency::Currency;
use jiff::civil::Date;

pub use digits::{DIGITS, PayerCodeDigits, TOKEN_BYTES};
pub use phone::SealedPhone;

const VERSION: u8 = 0xF1;
const SIGNED_BYTES: usize = 34;
const SIGNATURE_DOMAIN: &[u8] = b"chit/payer-token/v1\0";
const EPOCH: Date = jiff::civil::date(2020, 1, 1);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PayerId(pub [u8; 8]);

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
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotAPayerCode => "NOT_A_PAYER_CODE",
            Self::UnknownVersion(_) => "UNKNOWN_VERSION",
            Self::UnknownIssuer { .. } => "UNKNOWN_ISSUER",
            Self::BadSignature => "BAD_SIGNATURE",
            Self::NotYetValid(_) => "NOT_YET_VALID",
            Self::Expired(_) => "EXPIRED",
            Self::UnknownCurrency(_) => "UNKNOWN_CURRENCY",
            Self::PhoneUnreadable => "PHONE_UNREADABLE",
            Self::ClockUnusable => "CLOCK_UNUSABLE",
        }
    }
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

    pub fn phone(&self, group_key: &[u8]) -> Result<String, PayerCodeError> {
        self.sealed_phone.open(group_key, self.payer_id, self.serial)
    }
}

fn signed_message(body: &[u8]) -> Vec<u8> {
    [SIGNATURE_DOMAIN, body].concat()
}

fn two(token: &[u8; TOKEN_BYTES], at: usize) -> u16 {
    u16::from_be_bytes([token[at], token[at + 1]])
}

/// Whether digits have the form of a payer code of this or a later version. A reader without keys passes such a code on; only
/// [`decode_and_verify`] says whether it is one.
pub fn is_well_formed(scanned: &[u8]) -> bool {
    let Some(token) = digits::decode(scanned) else { return false };
    if token[0] != VERSION {
        return token[0] & 0xf0 == VERSION & 0xf0;
    }
    two(&token, 12) <= two(&token, 14) && Currency::from_numeric(two(&token, 20)).is_some()
}

/// Reads and checks a scan. `key_of(issuer, key id)` looks a public key up; `today` is the local date.
/// The signature is checked before anything else in the code is believed.
pub fn decode_and_verify(
    scanned: &str,
    key_of: impl FnOnce(u16, u8) -> Option<VerifyingKey>,
    today: Date,
) -> Result<PayerCode, PayerCodeError> {
    let token = digits::decode(scanned.as_bytes()).ok_or(PayerCodeError::NotAPayerCode)?;
    if token[0] != VERSION {
        let newer = token[0] & 0xf0 == VERSION & 0xf0;
        return Err(if newer {
            PayerCodeError::UnknownVersion(token[0])
        } else {
            PayerCodeError::NotAPayerCode
        });
    }
    let (issuer, key_id) = (two(&token, 1), token[3]);
    let key = key_of(issuer, key_id).ok_or(PayerCodeError::UnknownIssuer { issuer, key_id })?;
    let (body, signature) = token.split_at(SIGNED_BYTES);
    let signature = Signature::from_slice(signature).map_err(|_length| PayerCodeError::BadSignature)?;
    key.verify_strict(&signed_message(body), &signature).map_err(|_forged| PayerCodeError::BadSignature)?;

    let numeric = two(&token, 20);
    let code = PayerCode {
        issuer,
        key_id,
        payer_id: PayerId(std::array::from_fn(|at| token[4 + at])),
        from_day: DayNumber(two(&token, 12)),
        to_day: DayNumber(two(&token, 14)),
        serial: two(&token, 16),
        limit_class: token[18],
        flags: token[19],
        currency: Currency::from_numeric(numeric).ok_or(PayerCodeError::UnknownCurrency(numeric))?,
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
