//! Letters that no printer's font and no font of cells has: shaped and drawn with the fonts of the system.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use cosmic_text::{Attrs, Buffer, Color, FontSystem, Metrics, Shaping, SwashCache};

use crate::domain::bitmap::Bitmap;

/// Share of the line's height that an em takes: room for marks above and below.
const EM_OF_LINE: f32 = 0.78;
/// A dot is burnt where the letter covers this much of it.
const BURNT_ALPHA: u8 = 107;
/// A dot of a coloured picture is burnt below this luminance.
const BURNT_LUMA: u32 = 150;
/// Letters whose coverage is remembered.
const KNOWN_MAX: usize = 4_096;

/// Reading the system's fonts takes a moment, so it waits for the first letter that needs them.
#[derive(Default)]
pub struct Scripts(Mutex<Option<Drawer>>);

struct Drawer {
    fonts: FontSystem,
    glyphs: SwashCache,
    covered: HashMap<char, bool>,
}

impl Scripts {
    /// Whether some font of the system has this letter.
    pub fn covers(&self, letter: char) -> bool {
        self.with(|drawer| drawer.covers(letter))
    }

    /// One run on a line of this width and height, from its left edge; smaller if it would be wider.
    pub fn draw(&self, run: &str, width: usize, height: usize) -> Bitmap {
        self.with(|drawer| drawer.draw(run, width, height))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Drawer) -> T) -> T {
        let mut drawer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        work(drawer.get_or_insert_with(|| Drawer {
            fonts: FontSystem::new(),
            glyphs: SwashCache::new(),
            covered: HashMap::new(),
        }))
    }
}

impl Drawer {
    fn covers(&mut self, letter: char) -> bool {
        if let Some(known) = self.covered.get(&letter) {
            return *known;
        }
        if self.covered.len() >= KNOWN_MAX {
            self.covered.clear();
        }
        let shaped = self.shape(&letter.to_string(), 20.0);
        let mut glyphs = shaped.layout_runs().flat_map(|run| run.glyphs);
        // Glyph 0 of every font stands for what it has not (OpenType, "cmap").
        let covered = glyphs.next().is_some_and(|glyph| glyph.glyph_id != 0);
        self.covered.insert(letter, covered);
        covered
    }

    fn shape(&mut self, text: &str, em: f32) -> Buffer {
        let mut buffer = Buffer::new(&mut self.fonts, Metrics::new(em, em / EM_OF_LINE));
        buffer.set_size(None, None);
        buffer.set_text(text, &Attrs::new(), Shaping::Advanced, None);
        buffer.shape_until_scroll(&mut self.fonts, false);
        buffer
    }

    fn draw(&mut self, text: &str, width: usize, height: usize) -> Bitmap {
        let em = height as f32 * EM_OF_LINE;
        let mut shaped = self.shape(text, em);
        let wide = shaped.layout_runs().map(|run| run.line_w).fold(0.0, f32::max);
        if wide > width as f32 {
            shaped = self.shape(text, em * width as f32 / wide);
        }
        let mut dots = Bitmap::blank(width, height);
        for run in shaped.layout_runs() {
            for glyph in run.glyphs.iter().filter(|glyph| glyph.glyph_id != 0) {
                let place = glyph.physical((0.0, run.line_y), 1.0);
                let black = Color::rgb(0, 0, 0);
                self.glyphs.with_pixels(&mut self.fonts, place.cache_key, black, |x, y, color| {
                    let (x, y) = (place.x + x, place.y + y);
                    if is_burnt(color)
                        && let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y))
                    {
                        dots.burn(x, y);
                    }
                });
            }
        }
        dots
    }
}

fn is_burnt(color: Color) -> bool {
    let luma = (299 * u32::from(color.r()) + 587 * u32::from(color.g()) + 114 * u32::from(color.b())) / 1000;
    color.a() >= BURNT_ALPHA && luma < BURNT_LUMA
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burnt(dots: &Bitmap) -> usize {
        let dot = |n: usize| dots.is_burnt(n % dots.width, n / dots.width);
        (0..dots.width * dots.height).filter(|n| dot(*n)).count()
    }

    /// DejaVu Sans, of Debian's fonts-dejavu-core, has Arabic, and so have most systems.
    #[test]
    fn arabic_letters_join_and_an_unknown_letter_is_told() {
        let scripts = Scripts::default();
        assert!(scripts.covers('\u{634}') && !scripts.covers('\u{e000}'));
        let joined = scripts.draw("\u{628}\u{628}", 40, 24);
        let apart = scripts.draw("\u{628} \u{628}", 40, 24);
        assert!(burnt(&joined) > 0 && joined != apart);
        // Two letters in isolation are wider than the two of one word.
        let rightmost = |dots: &Bitmap| (0..dots.width).rev().find(|x| (0..24).any(|y| dots.is_burnt(*x, y)));
        assert!(rightmost(&joined) < rightmost(&apart));
    }

    #[test]
    fn a_run_keeps_to_its_cells() {
        let run = "\u{634}\u{627}\u{64a} \u{623}\u{62e}\u{636}\u{631}";
        let narrow = Scripts::default().draw(run, 30, 24);
        assert_eq!((narrow.width, narrow.height), (30, 24));
        assert!(burnt(&narrow) > 0);
    }
}
