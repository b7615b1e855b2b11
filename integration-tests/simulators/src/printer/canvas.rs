//! The paper that has come out since the last cut.

use std::path::Path;

use anyhow::Context as _;

use super::bitmap::Bitmap;

/// 72 mm can be printed at 203 dpi.
pub const PRINTABLE_DOTS: usize = 576;
/// 80 mm paper has 4 mm that the head does not reach on either side.
const SIDE_MARGIN_DOTS: usize = 32;
/// Blank paper above and below, between head and knife on a real printer.
const END_MARGIN_DOTS: usize = 48;
/// Thermal paper is not quite white, burnt dots are not quite black.
const PAPER: u8 = 0xfa;
const BURNT: u8 = 0x20;

#[derive(Default)]
pub struct Canvas {
    /// Rows of `PRINTABLE_DOTS`.
    dots: Vec<bool>,
}

impl Canvas {
    pub fn height(&self) -> usize {
        self.dots.len() / PRINTABLE_DOTS
    }

    pub fn feed(&mut self, dots: usize) {
        self.dots.resize(self.dots.len() + dots * PRINTABLE_DOTS, false);
    }

    /// Burns `bitmap` with its top left at (`x`, `y`); what lies beside or below the paper is lost.
    pub fn burn(&mut self, bitmap: &Bitmap, x: usize, y: usize) {
        let columns = bitmap.width.min(PRINTABLE_DOTS.saturating_sub(x));
        for row in 0..bitmap.height.min(self.height().saturating_sub(y)) {
            let target = (y + row) * PRINTABLE_DOTS + x;
            for column in 0..columns {
                self.dots[target + column] |= bitmap.dots[row * bitmap.width + column];
            }
        }
    }

    pub fn write_png(&self, path: &Path) -> anyhow::Result<()> {
        let width = PRINTABLE_DOTS + 2 * SIDE_MARGIN_DOTS;
        let height = self.height() + 2 * END_MARGIN_DOTS;
        let mut grey = vec![PAPER; width * height];
        for (at, _) in self.dots.iter().enumerate().filter(|(_, burnt)| **burnt) {
            let (x, y) = (at % PRINTABLE_DOTS, at / PRINTABLE_DOTS);
            grey[(y + END_MARGIN_DOTS) * width + x + SIDE_MARGIN_DOTS] = BURNT;
        }
        let file = std::fs::File::create(path).with_context(|| format!("paper {}", path.display()))?;
        let mut encoder = png::Encoder::new(std::io::BufWriter::new(file), width as u32, height as u32);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&grey)?;
        writer.finish()?;
        Ok(())
    }
}
