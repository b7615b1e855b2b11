//! A scalable font cut into the cells of a receipt: 12 dots a column, 24 dots high, as a printer's font A.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ab_glyph::{Font as _, FontVec, Glyph, PxScale, point};

use super::bitmap::Bitmap;
use crate::domain::text::{BOX, columns_of};

/// Dots of a column at normal size.
pub const COLUMN_DOTS: usize = 12;
/// Dots of a character's height at normal size.
pub const CELL_HEIGHT: usize = 24;
/// In a collection this face is monospaced (wqy-microhei.ttc); a plain .ttf has only face 0.
const MONOSPACED_FACE: u32 = 1;
/// A dot is burnt when the outline covers this share of it.
const BURNT_COVERAGE: f32 = 0.42;
/// Height of the em in its cell: ideographs keep a dot of air above and below.
const EM_OF_CELL: f32 = 0.94;
/// Baseline in the cell, from its top.
const BASELINE_OF_CELL: f32 = 0.83;
/// Glyphs kept; GBK has 21,886 characters, a shop's goods a few hundred.
const GLYPHS_KEPT: usize = 4_096;

#[derive(Debug, thiserror::Error)]
pub enum FontError {
    #[error("cannot read the font {path}; the package fonts-wqy-microhei has it")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path} is no TrueType font")]
    Format { path: PathBuf },
}

pub struct Face {
    font: FontVec,
    cut: Mutex<HashMap<(char, usize), Arc<Bitmap>>>,
}

impl Face {
    pub fn load(path: &Path) -> Result<Self, FontError> {
        let data = std::fs::read(path).map_err(|source| FontError::Read { path: path.to_owned(), source })?;
        let font = FontVec::try_from_vec_and_index(data.clone(), MONOSPACED_FACE)
            .or_else(|_| FontVec::try_from_vec(data))
            .map_err(|_| FontError::Format { path: path.to_owned() })?;
        Ok(Self { font, cut: Mutex::default() })
    }

    /// One character in its cell, enlarged: one column wide for ASCII, two for all others.
    pub fn glyph(&self, character: char, scale: usize) -> Arc<Bitmap> {
        let mut cut = self.cut.lock().unwrap_or_else(PoisonError::into_inner);
        if cut.len() >= GLYPHS_KEPT {
            cut.clear();
        }
        let glyph = || Arc::new(self.draw(character).enlarged(scale));
        Arc::clone(cut.entry((character, scale)).or_insert_with(glyph))
    }

    fn draw(&self, character: char) -> Bitmap {
        let width = columns_of(character) * COLUMN_DOTS;
        let mut cell = Bitmap::blank(width, CELL_HEIGHT);
        if character == BOX {
            draw_box(&mut cell);
            return cell;
        }
        let id = self.font.glyph_id(character);
        let em = self.font.units_per_em().unwrap_or(1000.0);
        let (width, height) = (width as f32, CELL_HEIGHT as f32);
        // ab_glyph's scale is the height of ascent and descent, not the em's.
        let line_of_em = self.font.height_unscaled() / em;
        let advance = self.font.h_advance_unscaled(id) / em;
        let em_wide = if advance > 0.0 { width / advance } else { height };
        let scale = PxScale { x: em_wide * line_of_em, y: height * EM_OF_CELL * line_of_em };
        let glyph = Glyph { id, scale, position: point(0.0, height * BASELINE_OF_CELL) };
        if let Some(outline) = self.font.outline_glyph(glyph) {
            let bounds = outline.px_bounds();
            outline.draw(|x, y, coverage| {
                let (x, y) = (x as f32 + bounds.min.x, y as f32 + bounds.min.y);
                if coverage >= BURNT_COVERAGE && x >= 0.0 && y >= 0.0 {
                    cell.burn(x as usize, y as usize);
                }
            });
        }
        cell
    }

    /// A cleaned text on one line; bold by a second strike one dot to the right, as thermal printers do.
    pub fn line(&self, text: &str, bold: bool, scale: usize) -> Bitmap {
        let columns = crate::domain::text::width(text);
        let mut line = Bitmap::blank(columns * COLUMN_DOTS * scale, CELL_HEIGHT * scale);
        let mut left = 0;
        for character in text.chars() {
            let glyph = self.glyph(character, scale);
            line.stamp(&glyph, left, 0);
            if bold {
                line.stamp(&glyph, left + scale, 0);
            }
            left += columns_of(character) * COLUMN_DOTS * scale;
        }
        line
    }
}

/// The font's own box has lines too thin for dots, and loses some; this one replaces what cannot be drawn.
fn draw_box(cell: &mut Bitmap) {
    let (left, top, right, bottom) = (3, 4, cell.width - 4, CELL_HEIGHT - 5);
    for x in left..=right {
        cell.burn(x, top);
        cell.burn(x, bottom);
    }
    for y in top..=bottom {
        cell.burn(left, y);
        cell.burn(right, y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_s_box_is_visible_on_all_four_sides() {
        let face = Face::load(Path::new("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")).unwrap();
        let cell = face.glyph(BOX, 1);
        let corners = [(3, 4), (20, 4), (3, 19), (20, 19)];
        assert!(corners.iter().all(|(x, y)| cell.is_burnt(*x, *y)) && !cell.is_burnt(12, 12));
    }

    #[test]
    fn a_line_is_as_wide_as_its_columns() {
        let face = Face::load(Path::new("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")).unwrap();
        let line = face.line("茶 a", true, 2);
        assert_eq!((line.width, line.height), (4 * COLUMN_DOTS * 2, 2 * CELL_HEIGHT));
        assert!((0..line.height).any(|y| !line.is_blank_row(y)));
    }
}
