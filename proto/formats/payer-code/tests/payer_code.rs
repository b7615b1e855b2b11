//! Payer codes as a till meets them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use chit_payer_code::{
    DIGITS, DayNumber, PayerCode, PayerCodeError, PayerId, SealedPhone, TOKEN_BYTES, decode_and_verify,
    digits, is_well_formed,
};
use ed25519_dalek::SigningKey;
use iso_currency::Currency;
use jiff::civil::{Date, date};
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
        sealed_phone: SealedPhone::seal(phone, GROUP_KEY, payer_id, serial).unwrap(),
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
    assert_eq!(read(stranger.sign(&key()).as_str(), TODAY).unwrap_err().reason(), "UNKNOWN_ISSUER");
    let forged = code([3; 8], 5, "+8613800138000").sign(&SigningKey::from_bytes(&[1; 32]));
    assert!(is_well_formed(forged.as_str().as_bytes()), "without a key it may be one");
    assert_eq!(read(forged.as_str(), TODAY).unwrap_err().reason(), "BAD_SIGNATURE");
    assert_eq!(read("6901234567892", TODAY).unwrap_err().reason(), "NOT_A_PAYER_CODE");
    assert_eq!(read(&"0".repeat(237), TODAY).unwrap_err().reason(), "NOT_A_PAYER_CODE");
}

#[test]
fn a_code_of_a_later_version_asks_for_an_update() {
    let mut token = [0; TOKEN_BYTES];
    token[0] = 0xF2;
    let digits = digits::encode(&token);
    assert_eq!(read(&digits, TODAY), Err(PayerCodeError::UnknownVersion(0xF2)));
    assert!(is_well_formed(digits.as_bytes()), "a reader passes it on");
}

#[test]
fn another_group_key_does_not_read_the_phone() {
    let code = code([3; 8], 5, "+8613800138000");
    assert_eq!(code.phone(GROUP_KEY).unwrap(), "+8613800138000");
    assert_eq!(code.phone(&[8; 32]).err(), Some(PayerCodeError::PhoneUnreadable));
    assert!(SealedPhone::seal("13800138000", GROUP_KEY, PayerId([3; 8]), 5).is_none());
}

#[test]
fn a_payer_code_and_its_digits_do_not_show_in_debug_output() {
    let code = code([3; 8], 5, "+8613800138000");
    let shown = format!("{code:?} {:?}", code.sign(&key()));
    assert!(!shown.contains("phone") && !shown.contains("consent") && shown.ends_with("(redacted)"));
}

#[test]
fn a_token_written_once_reads_the_same_for_ever() {
    // Bytes 0 to 97, so that a change of the written form is noticed.
    let token = std::array::from_fn(|at| at as u8);
    let written = digits::encode(&token);
    assert!(written.starts_with("00") && written.len() == DIGITS);
    assert_eq!(digits::decode(written.as_bytes()), Some(token));
    let too_large = "9".repeat(DIGITS);
    assert_eq!(digits::decode(too_large.as_bytes()), None, "a token has one written form");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_payer_code_and_its_phone_round_trip(payer: [u8; 8], serial: u16, phone in "\\+[1-9][0-9]{6,14}") {
        let code = code(payer, serial, &phone);
        let digits = code.sign(&key());
        prop_assert_eq!(digits.as_str().len(), DIGITS);
        prop_assert!(is_well_formed(digits.as_str().as_bytes()));
        let back = read(digits.as_str(), TODAY).unwrap();
        prop_assert_eq!(back.phone(GROUP_KEY).unwrap(), phone);
        prop_assert_eq!(back, code);
    }

    #[test]
    fn a_single_changed_digit_is_refused(payer: [u8; 8], at in 0_usize..237, shift in 1_u8..10) {
        let mut digits = code(payer, 1, "+8613800138000").sign(&key()).as_str().to_owned().into_bytes();
        digits[at] = b'0' + (digits[at] - b'0' + shift) % 10;
        prop_assert!(read(std::str::from_utf8(&digits).unwrap(), TODAY).is_err());
    }

    #[test]
    fn no_digits_and_no_bytes_are_believed_without_a_signature(
        wild in prop::collection::vec(any::<u8>(), 0..400),
        digits in "[0-9]{237}",
        body in any::<[u8; 34]>(),
        signature in prop::collection::vec(any::<u8>(), 64),
    ) {
        prop_assert!(read(&String::from_utf8_lossy(&wild), TODAY).is_err());
        prop_assert!(read(&digits, TODAY).is_err());
        let mut token = [0; TOKEN_BYTES];
        token[..34].copy_from_slice(&body);
        token[34..].copy_from_slice(&signature);
        (token[0], token[1], token[2]) = (0xF1, 0, 7);
        prop_assert!(read(&digits::encode(&token), TODAY).is_err());
    }
}
