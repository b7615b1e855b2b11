//! A scalable font cut into the fixed cells of a printer's character generator.

use std::collections::HashMap;
use std::path::Path;

use ab_glyph::{Font as _, FontVec, Glyph, PxScale, point};
use anyhow::Context as _;

use super::bitmap::Bitmap;

/// Index of the monospaced face in wqy-microhei.ttc; a plain .ttf has face 0 only.
const MONOSPACED_FACE: u32 = 1;
/// A dot is burnt when the outline covers this share of it.
const BURNT_COVERAGE: f32 = 0.42;
/// Height of the em in its cell: ideographs keep a dot of air above and below.
const EM_OF_CELL: f32 = 0.94;
/// Baseline in the cell, from its top.
const BASELINE_OF_CELL: f32 = 0.83;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cell {
    pub width: usize,
    pub height: usize,
}

pub const FONT_A: Cell = Cell { width: 12, height: 24 };
pub const FONT_B: Cell = Cell { width: 9, height: 17 };
pub const CHINESE: Cell = Cell { width: 24, height: 24 };

pub struct Glyphs {
    font: FontVec,
    cut: HashMap<(char, Cell), Bitmap>,
}

impl Glyphs {
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let data = std::fs::read(path).with_context(|| format!("font {}", path.display()))?;
        let font = FontVec::try_from_vec_and_index(data.clone(), MONOSPACED_FACE)
            .or_else(|_| FontVec::try_from_vec(data))
            .with_context(|| format!("font {} is no TrueType font", path.display()))?;
        Ok(Self { font, cut: HashMap::new() })
    }

    pub fn get(&mut self, character: char, cell: Cell) -> &Bitmap {
        let font = &self.font;
        self.cut.entry((character, cell)).or_insert_with(|| cut(font, character, cell))
    }
}

fn cut(font: &FontVec, character: char, cell: Cell) -> Bitmap {
    let mut bitmap = Bitmap::blank(cell.width, cell.height);
    let id = font.glyph_id(character);
    let em = font.units_per_em().unwrap_or(1000.0);
    let (width, height) = (cell.width as f32, cell.height as f32);
    // ab_glyph scales are heights of ascent + descent, not ems.
    let line_of_em = font.height_unscaled() / em;
    let advance = font.h_advance_unscaled(id) / em;
    let em_wide = if advance > 0.0 { width / advance } else { height };
    let scale = PxScale { x: em_wide * line_of_em, y: height * EM_OF_CELL * line_of_em };
    let glyph = Glyph { id, scale, position: point(0.0, height * BASELINE_OF_CELL) };
    if let Some(outline) = font.outline_glyph(glyph) {
        let bounds = outline.px_bounds();
        outline.draw(|x, y, coverage| {
            let (x, y) = (x as f32 + bounds.min.x, y as f32 + bounds.min.y);
            if coverage >= BURNT_COVERAGE && x >= 0.0 && y >= 0.0 {
                bitmap.burn(x as usize, y as usize);
            }
        });
    }
    bitmap
}
