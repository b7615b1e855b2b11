//! 98 bytes ⇄ 237 decimal digits ⇄ a QR picture.

use std::fmt;

use qrcode::bits::Bits;
use qrcode::{Color, EcLevel, QrCode, Version};

pub const TOKEN_BYTES: usize = 98;
/// 2^784 has 237 digits.
const DIGITS: usize = 237;

/// ISO/IEC 18004: version 6 at level M holds 255 digits; a version 6 symbol is 41 modules wide.
const QR_VERSION: Version = Version::Normal(6);
const QUIET_ZONE_MODULES: usize = 4;
const PIXELS_A_MODULE: usize = 8;

/// The 237 digits. They let a stranger impersonate the payer at a till, so Debug hides them.
#[derive(Clone, PartialEq, Eq)]
pub struct PayerCodeDigits(String);

impl PayerCodeDigits {
    pub fn of(token: &[u8; TOKEN_BYTES]) -> Self {
        Self(encode(token))
    }

    /// A scan that looks like them; what it says is not believed yet.
    pub fn scanned(text: &str) -> Option<Self> {
        has_their_form(text).then(|| Self(text.to_owned()))
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

fn has_their_form(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// None unless it is exactly 237 ASCII digits below 2^784, so that a token has one written form only.
pub fn decode(digits: &str) -> Option<[u8; TOKEN_BYTES]> {
    if !has_their_form(digits) {
        return None;
    }
    let mut number = [0_u8; TOKEN_BYTES];
    for digit in digits.bytes() {
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

/// A grey PNG of the QR: 41 modules and a quiet zone of 4, 8 pixels a module, 392 × 392.
pub fn png(digits: &PayerCodeDigits) -> Vec<u8> {
    let mut bits = Bits::new(QR_VERSION);
    bits.push_numeric_data(digits.as_str().as_bytes()).expect("237 digits fit version 6-M");
    bits.push_terminator(EcLevel::M).expect("237 digits fit version 6-M");
    let symbol = QrCode::with_bits(bits, EcLevel::M).expect("the bits were made for this version");

    let side = (symbol.width() + 2 * QUIET_ZONE_MODULES) * PIXELS_A_MODULE;
    let pixel = |at: usize| {
        let module = |along: usize| (along / PIXELS_A_MODULE).checked_sub(QUIET_ZONE_MODULES);
        match (module(at % side), module(at / side)) {
            (Some(x), Some(y))
                if x < symbol.width() && y < symbol.width() && symbol[(x, y)] == Color::Dark =>
            {
                0
            }
            _ => 0xff,
        }
    };
    let pixels: Vec<u8> = (0..side * side).map(pixel).collect();

    let mut file = Vec::new();
    let side = u32::try_from(side).expect("392");
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("writing to memory");
    writer.write_image_data(&pixels).expect("as many pixels as announced");
    writer.finish().expect("writing to memory");
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_canonical_form_is_read() {
        let greatest = encode(&[0xff; TOKEN_BYTES]);
        assert_eq!(decode(&greatest), Some([0xff; TOKEN_BYTES]));
        let mut above = greatest.into_bytes();
        *above.last_mut().unwrap() += 1;
        assert_eq!(decode(std::str::from_utf8(&above).unwrap()), None, "2^784 itself");
        assert_eq!(decode(&"9".repeat(DIGITS)), None);
        assert_eq!(decode(&"0".repeat(DIGITS - 1)), None);
        assert_eq!(decode(&format!("{}x", "0".repeat(DIGITS - 1))), None);
        assert_eq!(decode(&"0".repeat(DIGITS)), Some([0; TOKEN_BYTES]));
    }

    #[test]
    fn the_picture_is_a_grey_png_with_a_white_border_and_a_dark_finder() {
        let file = png(&PayerCodeDigits::of(&[0xf1; TOKEN_BYTES]));
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((frame.width, frame.height), (392, 392));
        assert!(pixels[..392 * 32].iter().all(|pixel| *pixel == 0xff), "four modules of quiet zone");
        assert_eq!(pixels[392 * 32 + 32], 0, "the corner of the first finder pattern");
    }

    proptest! {
        #[test]
        fn any_bytes_round_trip(token in proptest::collection::vec(any::<u8>(), TOKEN_BYTES)) {
            let token: [u8; TOKEN_BYTES] = token.try_into().unwrap();
            prop_assert_eq!(decode(&encode(&token)), Some(token));
        }

        #[test]
        fn decoding_never_panics(text in "\\PC*") {
            let _ = decode(&text);
        }
    }
}
