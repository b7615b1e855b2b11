//! HOTP, RFC 4226 with six digits: the arithmetic under every row of a code card.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

/// RFC 4226 §5.3 asks for at least six; six is what a person types without a slip.
pub const DIGITS: usize = 6;

/// `HMAC-SHA-1(key, counter)`, RFC 4226 §5.2.
pub fn hotp_hmac(key: &[u8], counter: u64) -> [u8; 20] {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(&counter.to_be_bytes());
    mac.finalize().into_bytes().into()
}

/// The six ASCII digits of `HOTP(key, counter)`, leading zeros kept.
pub fn hotp(key: &[u8], counter: u64) -> [u8; DIGITS] {
    let hmac = hotp_hmac(key, counter);
    let offset = usize::from(hmac[19] & 0x0f);
    let word = u32::from_be_bytes([hmac[offset], hmac[offset + 1], hmac[offset + 2], hmac[offset + 3]]);
    let mut rest = word & 0x7fff_ffff;
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).expect("a decimal digit");
        rest /= 10;
    }
    digits
}

/// Compares without leaking by time how many leading digits agree.
pub fn same_digits(left: &[u8; DIGITS], right: &[u8; DIGITS]) -> bool {
    left.ct_eq(right).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4226 Appendix D: key "12345678901234567890".
    const APPENDIX_D: [(&str, &str); 10] = [
        ("cc93cf18508d94934c64b65d8ba7667fb7cde4b0", "755224"),
        ("75a48a19d4cbe100644e8ac1397eea747a2d33ab", "287082"),
        ("0bacb7fa082fef30782211938bc1c5e70416ff44", "359152"),
        ("66c28227d03a2d5529262ff016a1e6ef76557ece", "969429"),
        ("a904c900a64b35909874b33e61c5938a8e15ed1c", "338314"),
        ("a37e783d7b7233c083d4f62926c7a25f238d0316", "254676"),
        ("bc9cd28561042c83f219324d3c607256c03272ae", "287922"),
        ("a4fb960c0bc06e1eabb804e5b397cdc4b45596fa", "162583"),
        ("1b3c89f65e6c9e883012052823443f048b4332db", "399871"),
        ("1637409809a679dc698207310c8c7fc07290d9e5", "520489"),
    ];

    #[test]
    fn every_value_of_rfc_4226_appendix_d_comes_out() {
        for (counter, (hmac, digits)) in (0_u64..).zip(APPENDIX_D) {
            assert_eq!(hex::encode(hotp_hmac(b"12345678901234567890", counter)), hmac);
            assert_eq!(&hotp(b"12345678901234567890", counter), digits.as_bytes());
        }
    }

    #[test]
    fn a_leading_zero_is_kept() {
        let key = hex::decode("fb9cda921c82d893d9cdc6d6559997b1").unwrap();
        // The eight-digit value is 03562487; six digits are its tail.
        assert_eq!(&hotp(&key, 132_974_666), b"562487");
        let with_zero = (0..200).map(|counter| hotp(&key, counter)).find(|digits| digits[0] == b'0');
        assert!(with_zero.is_some(), "one in ten codes starts with zero");
    }

    #[test]
    fn codes_compare_equal_only_when_every_digit_agrees() {
        assert!(same_digits(b"755224", b"755224"));
        assert!(!same_digits(b"755224", b"755225"));
        assert!(!same_digits(b"755224", b"855224"));
    }
}
