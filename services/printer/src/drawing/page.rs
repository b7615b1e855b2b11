//! A page as dots: what a printer without a Chinese font is sent, and what a preview shows.

use super::font::{CELL_HEIGHT, COLUMN_DOTS, Face};
use super::symbol;
use crate::domain::bitmap::Bitmap;
use crate::domain::layout::{Align, Element, Page, Style};

/// From one line to the next: 24 dots and 6 of white.
pub const LINE_PITCH: usize = 30;
/// White above and below a picture's paper.
const MARGIN: usize = 24;

/// One line of text as dots, as wide as its text.
pub fn line(face: &Face, text: &str, style: Style) -> Bitmap {
    let mut dots = face.line(text, style.bold, if style.double { 2 } else { 1 });
    if style.inverse {
        dots.invert();
    }
    dots
}

/// Dots from the top of a line to the top of the next.
pub fn pitch(style: Style) -> usize {
    if style.double { CELL_HEIGHT + LINE_PITCH } else { LINE_PITCH }
}

/// The whole paper.
pub fn picture(face: &Face, page: &Page) -> Bitmap {
    let width = page.columns * COLUMN_DOTS;
    let mut paper = Bitmap::blank(width, MARGIN);
    for element in &page.elements {
        let top = paper.height;
        match element {
            Element::Text { text, align, style } => {
                let dots = line(face, text, *style);
                paper.grow(pitch(*style));
                paper.stamp(&dots, left_edge(width, dots.width, *align), top);
            }
            Element::Blank => paper.grow(LINE_PITCH),
            Element::Qr { data } => {
                if let Some(symbol) = symbol::qr(data) {
                    paper.grow(symbol.height + LINE_PITCH);
                    paper.stamp(&symbol, left_edge(width, symbol.width, Align::Centre), top);
                }
            }
            Element::Logo(logo) => {
                paper.grow(logo.height + LINE_PITCH);
                paper.stamp(logo, left_edge(width, logo.width, Align::Centre), top);
            }
            Element::Cut => paper.grow(MARGIN),
        }
    }
    paper
}

fn left_edge(width: usize, used: usize, align: Align) -> usize {
    match align {
        Align::Left => 0,
        Align::Centre => width.saturating_sub(used) / 2,
    }
}
