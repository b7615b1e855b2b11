//! The payer code as a QR picture.

use chit_payer_code::PayerCodeDigits;
use qrcode::bits::Bits;
use qrcode::{Color, EcLevel, QrCode, Version};

/// ISO/IEC 18004: version 6 at level M holds 255 digits; a version 6 symbol is 41 modules wide.
const QR_VERSION: Version = Version::Normal(6);
const QUIET_ZONE_MODULES: usize = 4;
const PIXELS_A_MODULE: usize = 8;

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
    use chit_payer_code::TOKEN_BYTES;

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
}
