//! A QR symbol as dots, for printers that cannot draw one and for pictures of the paper.

use qrcode::{Color, EcLevel, QrCode};

use crate::domain::bitmap::Bitmap;

/// Dots per module: 5 dots are 0.63 mm at 203 dpi, which phones read from bad paper.
pub const MODULE_DOTS: usize = 5;

/// Dots of a symbol's side, without drawing it; `None` if the data is too long for any symbol.
pub fn side(data: &str) -> Option<usize> {
    let bits = qrcode::bits::encode_auto(data.as_bytes(), EcLevel::M).ok()?;
    Some(bits.version().width() as usize * MODULE_DOTS)
}

/// `None` if the data is too long for any symbol.
pub fn qr(data: &str) -> Option<Bitmap> {
    let code = QrCode::with_error_correction_level(data, EcLevel::M).ok()?;
    let modules = code.width();
    let mut symbol = Bitmap::blank(modules, modules);
    for (n, _) in code.to_colors().iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        symbol.burn(n % modules, n / modules);
    }
    Some(symbol.enlarged(MODULE_DOTS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_is_known_before_the_symbol_is_drawn() {
        for data in ["CHIT", &"A1".repeat(200)] {
            assert_eq!(side(data), qr(data).map(|symbol| symbol.width));
        }
        assert_eq!(side(&"a".repeat(4000)), None);
    }
}
