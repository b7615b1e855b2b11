//! The phone number inside a payer code, hidden from whoever photographs it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{PayerCodeError, PayerId};

/// E.164 digits as BCD, padded with 0xF, XOR a pseudo-random pad that the group's tills can compute.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SealedPhone(pub [u8; 8]);

impl SealedPhone {
    /// `phone` is `+` and 7 to 15 digits; `None` when it is not.
    pub fn seal(phone: &str, group_key: &[u8], payer: PayerId, serial: u16) -> Option<Self> {
        let digits = phone.strip_prefix('+')?.as_bytes();
        if !(7..=15).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let mut bcd = [0xff; 8];
        for (at, digit) in digits.iter().enumerate() {
            let (shift, keep) = if at % 2 == 0 { (4, 0x0f) } else { (0, 0xf0) };
            bcd[at / 2] = bcd[at / 2] & keep | (digit - b'0') << shift;
        }
        Some(Self(xor(bcd, pad(group_key, payer, serial))))
    }

    /// `+` and the digits.
    pub fn open(self, group_key: &[u8], payer: PayerId, serial: u16) -> Result<String, PayerCodeError> {
        let bcd = xor(self.0, pad(group_key, payer, serial));
        let nibbles: Vec<u8> = bcd.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]).collect();
        let length = nibbles.iter().position(|nibble| *nibble == 0xf).unwrap_or(nibbles.len());
        let (digits, padding) = nibbles.split_at(length);
        let plausible = (7..=15).contains(&digits.len())
            && digits.iter().all(|digit| *digit <= 9)
            && digits.first() != Some(&0)
            && padding.iter().all(|nibble| *nibble == 0xf);
        if !plausible {
            return Err(PayerCodeError::PhoneUnreadable);
        }
        Ok(std::iter::once('+').chain(digits.iter().map(|digit| char::from(b'0' + digit))).collect())
    }
}

fn pad(group_key: &[u8], payer: PayerId, serial: u16) -> [u8; 8] {
    let mut mac = Hmac::<Sha256>::new_from_slice(group_key).expect("HMAC takes a key of any length");
    mac.update(&payer.0);
    mac.update(&serial.to_be_bytes());
    let whole: [u8; 32] = mac.finalize().into_bytes().into();
    std::array::from_fn(|at| whole[at])
}

fn xor(left: [u8; 8], right: [u8; 8]) -> [u8; 8] {
    std::array::from_fn(|at| left[at] ^ right[at])
}
