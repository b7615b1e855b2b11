//! Draws light text on a dark strip at the lower left of a picture, legible at 640×480 after the encoder.

use std::collections::HashMap;
use std::path::Path;

use ab_glyph::{Font as _, FontVec, Glyph, PxScale, ScaleFont as _, point};

/// Tried after the configured one; Debian's and Ubuntu's paths.
const OTHER_FONTS: [&str; 3] = [
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
];
/// A line's height as a part of the picture's: 20 pixels of 480.
const LINES_A_PICTURE: usize = 24;
const LINE_HEIGHT_MIN: usize = 12;
/// Characters kept as masks: the digits, and the shop's name.
const MASKS_KEPT: usize = 256;
/// Video range of luma (ITU-R BT.601): what lies outside would be clipped by some players.
const DARK: u8 = 16;
const LIGHT: u8 = 235;
/// Around the text, pixels at 480 lines.
const PADDING: usize = 4;

/// How much of each pixel a character covers.
struct Mask {
    width: usize,
    height: usize,
    left: i32,
    top: i32,
    advance: usize,
    coverage: Vec<u8>,
}

pub struct Lettering {
    font: Option<FontVec>,
    /// For one height of lines; another picture size draws them anew.
    masks: HashMap<char, Mask>,
    line_height: usize,
}

impl Lettering {
    /// Without any font there are still digits and Latin letters, from `font8x8`.
    pub fn load(font: &Path) -> Self {
        let paths = std::iter::once(font).chain(OTHER_FONTS.iter().map(Path::new));
        let found = paths.into_iter().find_map(|path| {
            let data = std::fs::read(path).ok()?;
            FontVec::try_from_vec_and_index(data, 0).ok()
        });
        if found.is_none() {
            tracing::warn!(font = %font.display(), "no font: only Latin letters are burnt into pictures");
        }
        Self { font: found, masks: HashMap::new(), line_height: 0 }
    }

    /// Into a luma plane.
    pub fn burn(&mut self, luma: &mut [u8], width: usize, height: usize, lines: &[String]) {
        if luma.is_empty() || width == 0 {
            return;
        }
        let line_height = (height / LINES_A_PICTURE).max(LINE_HEIGHT_MIN);
        if line_height != self.line_height || self.masks.len() > MASKS_KEPT {
            self.masks.clear();
            self.line_height = line_height;
        }
        let lines: Vec<&String> = lines.iter().filter(|line| !line.is_empty()).collect();
        let padding = PADDING * line_height / 20;
        let strip = (lines.len() * line_height + 2 * padding).min(height);
        let widest = lines.iter().map(|line| self.width_of(line)).max().unwrap_or(0);
        let strip_width = (widest + 2 * padding).min(width);
        for row in luma.chunks_mut(width).take(height).skip(height - strip) {
            row[..strip_width].fill(DARK);
        }
        let mut plane = Plane { luma, width, height };
        for (number, line) in lines.iter().enumerate() {
            let top = height - strip + padding + number * line_height;
            let mut left = padding;
            for character in line.chars() {
                let mask = self.mask(character);
                plane.stamp(mask, left, top);
                left += mask.advance;
            }
        }
    }

    fn width_of(&mut self, line: &str) -> usize {
        line.chars().map(|character| self.mask(character).advance).sum()
    }

    fn mask(&mut self, character: char) -> &Mask {
        let (font, line_height) = (&self.font, self.line_height);
        self.masks.entry(character).or_insert_with(|| match font {
            Some(font) => outlined(font, character, line_height),
            None => from_bitmap(character, line_height),
        })
    }
}

struct Plane<'a> {
    luma: &'a mut [u8],
    width: usize,
    height: usize,
}

impl Plane<'_> {
    fn stamp(&mut self, mask: &Mask, left: usize, top: usize) {
        for (row, coverage) in mask.coverage.chunks_exact(mask.width.max(1)).enumerate().take(mask.height) {
            let y = top as i32 + mask.top + row as i32;
            for (column, covered) in coverage.iter().enumerate() {
                let x = left as i32 + mask.left + column as i32;
                let inside = x >= 0 && y >= 0 && (x as usize) < self.width && (y as usize) < self.height;
                if *covered > 0 && inside {
                    let pixel = &mut self.luma[y as usize * self.width + x as usize];
                    let lit = u32::from(LIGHT - DARK) * u32::from(*covered) / 255 + u32::from(DARK);
                    *pixel = (*pixel).max(lit as u8);
                }
            }
        }
    }
}

fn outlined(font: &FontVec, character: char, line_height: usize) -> Mask {
    let scale = PxScale::from(line_height as f32);
    let scaled = font.as_scaled(scale);
    let id = font.glyph_id(character);
    let glyph = Glyph { id, scale, position: point(0.0, scaled.ascent()) };
    let advance = scaled.h_advance(id).ceil() as usize;
    let Some(outline) = font.outline_glyph(glyph) else {
        return Mask { width: 0, height: 0, left: 0, top: 0, advance, coverage: Vec::new() };
    };
    let bounds = outline.px_bounds();
    let (width, height) = (bounds.width() as usize, bounds.height() as usize);
    let mut coverage = vec![0; width * height];
    outline.draw(|x, y, covered| {
        if let Some(pixel) = coverage.get_mut(y as usize * width + x as usize) {
            *pixel = (covered.clamp(0.0, 1.0) * 255.0) as u8;
        }
    });
    Mask { width, height, left: bounds.min.x as i32, top: bounds.min.y as i32, advance, coverage }
}

/// Eight by eight dots, enlarged to the line's height; a character it does not know is a full box.
fn from_bitmap(character: char, line_height: usize) -> Mask {
    use font8x8::UnicodeFonts as _;
    const DOTS: usize = 8;
    let rows = font8x8::BASIC_FONTS.get(character).unwrap_or([0x7e; DOTS]);
    let dot = (line_height / (DOTS + 1)).max(1);
    let side = DOTS * dot;
    let coverage = (0..side * side)
        .map(|at| if rows[at / side / dot] & (1 << (at % side / dot)) == 0 { 0 } else { 255 })
        .collect();
    Mask { width: side, height: side, left: 0, top: 0, advance: side, coverage }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 640;
    const HEIGHT: usize = 480;

    fn burnt(lettering: &mut Lettering, line: &str) -> Vec<u8> {
        let mut luma = vec![120; WIDTH * HEIGHT];
        lettering.burn(&mut luma, WIDTH, HEIGHT, &[line.to_owned()]);
        luma
    }

    #[test]
    fn the_text_stands_in_a_strip_at_the_bottom_and_nothing_else_changes() {
        let mut lettering = Lettering { font: None, masks: HashMap::new(), line_height: 0 };
        let luma = burnt(&mut lettering, "2026-11-30");
        assert!(luma[..WIDTH * 450].iter().all(|pixel| *pixel == 120));
        let strip = &luma[WIDTH * 452..];
        assert!(strip.contains(&LIGHT) && strip.contains(&DARK));
        assert_ne!(luma, burnt(&mut lettering, "2026-11-31"), "each digit looks different");
    }

    #[test]
    fn every_digit_differs_and_a_line_too_long_for_the_picture_is_cut() {
        let mut lettering = Lettering { font: None, masks: HashMap::new(), line_height: 0 };
        let digits: Vec<Vec<u8>> = (0..10).map(|digit| burnt(&mut lettering, &digit.to_string())).collect();
        for (at, digit) in digits.iter().enumerate() {
            assert!(!digits[..at].contains(digit));
        }
        let mut small = vec![120; 160 * 120];
        lettering.burn(&mut small, 160, 120, &["9".repeat(200), "9".repeat(200), String::new()]);
        lettering.burn(&mut [], 0, 0, &[]);
    }
}
