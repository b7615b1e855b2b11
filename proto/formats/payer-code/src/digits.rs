//! 98 bytes ⇄ 237 decimal digits. Digits survive keyboard-wedge scanners, CapsLock and input methods, and a QR code packs them
//! as densely as bytes.

use std::fmt;

pub const TOKEN_BYTES: usize = 98;
/// 2^784 has 237 digits.
pub const DIGITS: usize = 237;

/// The 237 digits. They let a stranger impersonate the payer at a till, so Debug hides them.
#[derive(Clone, PartialEq, Eq)]
pub struct PayerCodeDigits(String);

impl PayerCodeDigits {
    pub fn of(token: &[u8; TOKEN_BYTES]) -> Self {
        Self(encode(token))
    }

    /// A scan that looks like them; what it says is not believed yet.
    pub fn scanned(text: &str) -> Option<Self> {
        has_their_form(text.as_bytes()).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PayerCodeDigits {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PayerCodeDigits(redacted)")
    }
}

/// The bytes as one big-endian number, padded with zeros to 237 digits.
pub fn encode(token: &[u8; TOKEN_BYTES]) -> String {
    let mut number = *token;
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        let mut rest = 0_u16;
        for byte in &mut number {
            let value = rest << 8 | u16::from(*byte);
            *byte = (value / 10) as u8;
            rest = value % 10;
        }
        *digit = b'0' + rest as u8;
    }
    digits.iter().copied().map(char::from).collect()
}

fn has_their_form(text: &[u8]) -> bool {
    text.len() == DIGITS && text.iter().all(u8::is_ascii_digit)
}

/// None unless it is exactly 237 ASCII digits below 2^784, so that a token has one written form only.
pub fn decode(digits: &[u8]) -> Option<[u8; TOKEN_BYTES]> {
    if !has_their_form(digits) {
        return None;
    }
    let mut number = [0_u8; TOKEN_BYTES];
    for digit in digits {
        let mut carry = u16::from(digit - b'0');
        for byte in number.iter_mut().rev() {
            let value = u16::from(*byte) * 10 + carry;
            *byte = value as u8;
            carry = value >> 8;
        }
        if carry != 0 {
            return None;
        }
    }
    Some(number)
}
