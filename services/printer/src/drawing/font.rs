//! A scalable font cut into the cells of a receipt: 12 dots a column, 24 dots high, as a printer's font A.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ab_glyph::{Font as _, FontVec, Glyph, PxScale, point};

use super::script::Scripts;
use crate::domain::bitmap::Bitmap;
pub use crate::domain::text::COLUMN_DOTS;
use crate::domain::text::{BOX, columns_of, width};

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
    /// For letters that it has not, or that have to be shaped.
    scripts: Scripts,
    cut: Mutex<HashMap<(char, usize), Arc<Bitmap>>>,
}

impl Face {
    pub fn load(path: &Path) -> Result<Self, FontError> {
        let data = std::fs::read(path).map_err(|source| FontError::Read { path: path.to_owned(), source })?;
        let font = FontVec::try_from_vec_and_index(data.clone(), MONOSPACED_FACE)
            .or_else(|_| FontVec::try_from_vec(data))
            .map_err(|_| FontError::Format { path: path.to_owned() })?;
        Ok(Self { font, scripts: Scripts::default(), cut: Mutex::default() })
    }

    /// Whether the letter comes on paper as itself.
    pub fn can_draw(&self, character: char) -> bool {
        character != BOX && (self.has_cell(character) || self.scripts.covers(character))
    }

    /// Drawn by itself in its cell: this font has it, and it does not change beside its neighbours.
    fn has_cell(&self, character: char) -> bool {
        let known = character == BOX || self.font.glyph_id(character).0 != 0;
        character.is_ascii() || known && columns_of(character) > 0 && !is_shaped(character)
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
        let mut line = Bitmap::blank(width(text) * COLUMN_DOTS * scale, CELL_HEIGHT * scale);
        let mut left = 0;
        for piece in self.pieces(text) {
            let cells = width(piece) * COLUMN_DOTS * scale;
            let mut characters = piece.chars();
            let dots = match (characters.next(), characters.next()) {
                (Some(character), None) if self.has_cell(character) => self.glyph(character, scale),
                _ => Arc::new(self.shaped(piece, cells, scale)),
            };
            line.stamp(&dots, left, 0);
            if bold {
                line.stamp(&dots, left + scale, 0);
            }
            left += cells;
        }
        line
    }

    /// Letters in cells of their own one by one, all others in runs, with the blanks between them: a run may go from right to
    /// left.
    fn pieces<'a>(&self, text: &'a str) -> Vec<&'a str> {
        let mut pieces: Vec<&str> = Vec::new();
        let mut run: Option<(usize, usize)> = None;
        for (at, character) in text.char_indices() {
            let end = at + character.len_utf8();
            match run {
                _ if !self.has_cell(character) => run = Some((run.map_or(at, |(start, _)| start), end)),
                // Perhaps between two words of one run.
                Some(_) if character == ' ' => {}
                _ => {
                    if let Some((start, ended)) = run.take() {
                        pieces.push(&text[start..ended]);
                        pieces.extend(text[ended..at].split_inclusive(' '));
                    }
                    pieces.push(&text[at..end]);
                }
            }
        }
        if let Some((start, ended)) = run {
            pieces.push(&text[start..ended]);
            pieces.extend(text[ended..].split_inclusive(' '));
        }
        pieces
    }

    fn shaped(&self, run: &str, cells: usize, scale: usize) -> Bitmap {
        let mut dots = self.scripts.draw(run, cells, CELL_HEIGHT * scale);
        let mut left = 0;
        for character in run.chars() {
            // What no font has is shown as missing in its place.
            if character != ' ' && columns_of(character) > 0 && !self.can_draw(character) {
                dots.stamp(&self.glyph(BOX, scale), left, 0);
            }
            left += columns_of(character) * COLUMN_DOTS * scale;
        }
        dots
    }
}

/// Scripts whose letters join, reorder or stack: Hebrew to Georgian, Khmer, Mongolian, presentation forms.
fn is_shaped(character: char) -> bool {
    matches!(u32::from(character), 0x0590..=0x10FF | 0x1780..=0x18AF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFF)
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
    fn latin_and_cyrillic_letters_are_drawn_in_one_column_each() {
        let face = Face::load(Path::new("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")).unwrap();
        for letter in "öñßéçÅłžПяё".chars() {
            assert!(face.can_draw(letter) && columns_of(letter) == 1, "{letter}");
            let (drawn, missing) = (face.glyph(letter, 1), face.draw(BOX));
            assert!((0..CELL_HEIGHT).any(|y| !drawn.is_blank_row(y)) && *drawn != missing, "{letter}");
        }
    }

    #[test]
    fn a_line_is_cut_into_cells_and_runs() {
        let face = Face::load(Path::new("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")).unwrap();
        let pieces = face.pieces("茶a \u{634}\u{627}\u{64a} \u{623}\u{62e} 5 \u{5d0} ");
        let (arabic, hebrew) = ("\u{634}\u{627}\u{64a} \u{623}\u{62e}", "\u{5d0}");
        assert_eq!(pieces, ["茶", "a", " ", arabic, " ", "5", " ", hebrew, " "]);
    }

    #[test]
    fn a_line_is_as_wide_as_its_columns() {
        let face = Face::load(Path::new("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")).unwrap();
        let line = face.line("茶 a", true, 2);
        assert_eq!((line.width, line.height), (4 * COLUMN_DOTS * 2, 2 * CELL_HEIGHT));
        assert!((0..line.height).any(|y| !line.is_blank_row(y)));
    }
}
