//! From layout to dots: pure but for reading the font and the logo at the start.

pub mod font;
pub mod logo;
pub mod page;
pub mod script;
pub mod symbol;

use crate::domain::bitmap::Bitmap;

/// One-bit PNG; burnt dots are black.
pub fn png(dots: &Bitmap) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, dots.width as u32, dots.height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header()?;
    let mut white = dots.clone();
    white.invert();
    let rows: Vec<u8> = (0..white.height).flat_map(|y| white.row(y)).copied().collect();
    writer.write_image_data(&rows)?;
    writer.finish()?;
    Ok(out)
}
