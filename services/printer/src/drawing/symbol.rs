//! A QR symbol as dots, for printers that cannot draw one and for pictures of the paper.

use qrcode::{Color, EcLevel, QrCode};

use super::bitmap::Bitmap;

/// Dots per module: 5 dots are 0.63 mm at 203 dpi, which phones read from bad paper.
pub const MODULE_DOTS: usize = 5;
/// Modules of white on each side (ISO/IEC 18004).
pub const QUIET_ZONE_MODULES: usize = 4;

/// `None` if the data is too long for any symbol.
pub fn qr(data: &str) -> Option<Bitmap> {
    let code = QrCode::with_error_correction_level(data, EcLevel::M).ok()?;
    let modules = code.width();
    let mut module = Bitmap::blank(1, 1);
    module.burn(0, 0);
    let side = modules * MODULE_DOTS;
    let mut symbol = Bitmap::blank(side, side);
    for (n, _) in code.to_colors().iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        symbol.stamp(&module, n % modules * MODULE_DOTS, n / modules * MODULE_DOTS, MODULE_DOTS);
    }
    Some(symbol)
}
