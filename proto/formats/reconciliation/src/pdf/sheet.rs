//! Pages of A4 across, filled from the top; a table's head is repeated on each.

use pdf_writer::{Content, Name, Str};

use super::text::{self, Font};

pub const PAGE_PT: (f32, f32) = (842.0, 595.0);
const MARGIN_PT: f32 = 36.0;
const SIZE_PT: f32 = 7.5;
const LEADING_PT: f32 = 10.0;
const GAP_PT: f32 = 4.0;
const HEAD_GREY: f32 = 0.9;
const RULE_GREY: f32 = 0.75;
pub const LATIN: Name<'_> = Name(b"L");
pub const CHINESE: Name<'_> = Name(b"C");

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

/// A column of a table.
#[derive(Clone, Copy)]
pub struct Column {
    pub head: &'static str,
    pub width_pt: f32,
    pub side: Side,
}

pub struct Sheets {
    pages: Vec<Content>,
    y: f32,
}

impl Sheets {
    pub fn new() -> Self {
        Self { pages: vec![Content::new()], y: PAGE_PT.1 - MARGIN_PT }
    }

    pub fn title(&mut self, words: &str) {
        self.line(words, 15.0);
        self.y -= GAP_PT;
    }

    pub fn heading(&mut self, words: &str) {
        // A heading is never alone at the foot of a page.
        self.room(6.0 * LEADING_PT);
        self.y -= LEADING_PT;
        self.line(words, 11.0);
    }

    pub fn paragraph(&mut self, words: &str) {
        for line in text::wrapped(words, SIZE_PT + 1.0, PAGE_PT.0 - 2.0 * MARGIN_PT) {
            self.line(&line, SIZE_PT + 1.0);
        }
    }

    pub fn table(&mut self, columns: &[Column], rows: &[Vec<String>]) {
        let heads: Vec<String> = columns.iter().map(|column| column.head.to_owned()).collect();
        self.y -= GAP_PT;
        self.row(columns, &heads, true);
        for row in rows {
            let before = self.pages.len();
            self.room(height(columns, row));
            if self.pages.len() > before {
                self.row(columns, &heads, true);
            }
            self.row(columns, row, false);
        }
    }

    /// "1 / 3" at the foot of each.
    pub fn finish(mut self, foot: &str) -> Vec<Vec<u8>> {
        let count = self.pages.len();
        for (at, page) in self.pages.iter_mut().enumerate() {
            let words = format!("{foot}   {} / {count}", at + 1);
            show(page, &words, SIZE_PT, MARGIN_PT, MARGIN_PT - 2.0 * LEADING_PT);
        }
        self.pages.into_iter().map(|page| page.finish().to_vec()).collect()
    }

    fn page(&mut self) -> &mut Content {
        self.pages.last_mut().expect("there is a page from the start")
    }

    /// The next page, if this one has less than that left.
    fn room(&mut self, height_pt: f32) {
        if self.y - height_pt < MARGIN_PT {
            self.pages.push(Content::new());
            self.y = PAGE_PT.1 - MARGIN_PT;
        }
    }

    fn line(&mut self, words: &str, size: f32) {
        self.room(size * 1.3);
        self.y -= size * 1.3;
        let y = self.y;
        show(self.page(), words, size, MARGIN_PT, y);
    }

    fn row(&mut self, columns: &[Column], cells: &[String], head: bool) {
        let height = height(columns, cells);
        self.room(height);
        let (top, width) = (self.y, columns.iter().map(|column| column.width_pt).sum());
        let page = self.page();
        if head {
            page.set_fill_gray(HEAD_GREY).rect(MARGIN_PT, top - height, width, height).fill_nonzero();
            page.set_fill_gray(0.0);
        } else {
            page.set_stroke_gray(RULE_GREY).set_line_width(0.4);
            page.move_to(MARGIN_PT, top - height).line_to(MARGIN_PT + width, top - height).stroke();
        }
        let mut x = MARGIN_PT;
        for (column, cell) in columns.iter().zip(cells) {
            for (at, line) in lines(column, cell).iter().enumerate() {
                let free = column.width_pt - GAP_PT - text::width(line, SIZE_PT);
                let indent = if column.side == Side::Right { free } else { GAP_PT / 2.0 };
                let below = u16::try_from(at).map_or(0.0, f32::from) * LEADING_PT;
                show(page, line, SIZE_PT, x + indent, top - LEADING_PT + 2.0 - below);
            }
            x += column.width_pt;
        }
        self.y -= height;
    }
}

fn lines(column: &Column, cell: &str) -> Vec<String> {
    text::wrapped(cell, SIZE_PT, column.width_pt - GAP_PT)
}

fn height(columns: &[Column], cells: &[String]) -> f32 {
    let most = columns.iter().zip(cells).map(|(column, cell)| lines(column, cell).len()).max().unwrap_or(1);
    u16::try_from(most).map_or(0.0, f32::from) * LEADING_PT + 2.0
}

fn show(page: &mut Content, words: &str, size: f32, x: f32, y: f32) {
    page.begin_text().set_text_matrix([1.0, 0.0, 0.0, 1.0, x, y]);
    for run in text::runs(words) {
        let font = if run.font == Font::Latin { LATIN } else { CHINESE };
        page.set_font(font, size).show(Str(&run.bytes));
    }
    page.end_text();
}
