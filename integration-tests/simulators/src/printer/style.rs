//! How the next character looks.

use super::bitmap::Bitmap;
use super::glyphs::{CHINESE, Cell, FONT_A, FONT_B, Glyphs};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Align {
    #[default]
    Left,
    Centre,
    Right,
}

/// Chinese and other characters have sizes and underlines of their own (FS !, ESC !).
#[derive(Debug, Clone, Copy)]
pub struct Face {
    pub times_wide: usize,
    pub times_high: usize,
    pub underline_dots: usize,
}

impl Default for Face {
    fn default() -> Self {
        Self { times_wide: 1, times_high: 1, underline_dots: 0 }
    }
}

impl Face {
    pub fn set_double(&mut self, wide: bool, high: bool) {
        self.times_wide = 1 + usize::from(wide);
        self.times_high = 1 + usize::from(high);
    }
}

#[derive(Debug, Clone, Default)]
pub struct Style {
    pub plain: Face,
    pub chinese: Face,
    pub font_b: bool,
    pub bold: bool,
    pub reverse: bool,
    pub align: Align,
    pub right_spacing: usize,
    pub code_page: u8,
    pub chinese_mode: bool,
}

impl Style {
    /// ESC !
    pub fn set_print_mode(&mut self, n: u8) {
        self.font_b = n & 0x01 != 0;
        self.bold = n & 0x08 != 0;
        self.plain.set_double(n & 0x20 != 0, n & 0x10 != 0);
        self.plain.underline_dots = usize::from(n & 0x80 != 0);
    }

    /// FS !
    pub fn set_chinese_print_mode(&mut self, n: u8) {
        self.chinese.set_double(n & 0x04 != 0, n & 0x08 != 0);
        self.chinese.underline_dots = usize::from(n & 0x80 != 0);
    }

    /// GS ! scales every character.
    pub fn set_size(&mut self, n: u8) {
        for face in [&mut self.plain, &mut self.chinese] {
            face.times_wide = usize::from(n >> 4 & 7) + 1;
            face.times_high = usize::from(n & 7) + 1;
        }
    }

    pub fn cell(&self, chinese: bool) -> Cell {
        match (chinese, self.font_b) {
            (true, _) => CHINESE,
            (false, false) => FONT_A,
            (false, true) => FONT_B,
        }
    }

    fn face(&self, chinese: bool) -> &Face {
        if chinese { &self.chinese } else { &self.plain }
    }

    /// Width on paper, with the space to its right.
    pub fn advance(&self, chinese: bool) -> usize {
        (self.cell(chinese).width + self.right_spacing) * self.face(chinese).times_wide
    }

    pub fn draw(&self, glyphs: &mut Glyphs, character: char, chinese: bool) -> Bitmap {
        let face = self.face(chinese);
        let glyph = glyphs.get(character, self.cell(chinese));
        let glyph = if self.bold { glyph.emphasised() } else { glyph.clone() };
        let mut drawn = glyph.enlarged(face.times_wide, face.times_high);
        for line in 1..=face.underline_dots {
            (0..drawn.width).for_each(|x| drawn.burn(x, drawn.height - line));
        }
        if self.reverse { drawn.inverted() } else { drawn }
    }
}
