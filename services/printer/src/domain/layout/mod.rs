//! A document becomes a page: lines that are known to fit the paper, ready to be drawn as bytes or as text.

mod code_card;
mod mandate;
mod notice;
mod preview;
mod report;
mod sale;
mod test_page;

use std::sync::Arc;

use super::document::{Content, Document, Edition, Language};
use super::text::{edges, printable, width, wrap};
use super::words::{self, Vocabulary};
use crate::domain::bitmap::Bitmap;
use crate::domain::text::COLUMN_DOTS;

/// Columns of 80 mm paper at the printer's font A (12 dots of 576).
pub const COLUMNS_80_MM: usize = 48;
/// Columns of 58 mm paper (12 dots of 384).
pub const COLUMNS_58_MM: usize = 32;

/// The language a paper speaks, and whether it is the ORIGINAL.
type Which = (Language, Edition);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Centre,
}

/// How a whole line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    pub bold: bool,
    pub inverse: bool,
    /// Twice as wide and twice as high.
    pub double: bool,
}

pub const PLAIN: Style = Style { bold: false, inverse: false, double: false };
pub const BOLD: Style = Style { bold: true, ..PLAIN };
pub const BANNER: Style = Style { bold: true, inverse: true, ..PLAIN };
pub const DOUBLE: Style = Style { bold: true, double: true, ..PLAIN };

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    /// One line of paper; never wider than the page.
    Text {
        text: String,
        align: Align,
        style: Style,
    },
    Blank,
    /// A QR symbol, centred, error correction level M.
    Qr {
        data: String,
    },
    /// The shop's logo, centred; never wider than the page.
    Logo(Arc<Bitmap>),
    Cut,
}

/// Lines of one paper, and how many columns it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub columns: usize,
    pub elements: Vec<Element>,
}

/// What every paper of a shop has in common.
#[derive(Debug, Clone)]
pub struct Stationery {
    pub words: Vocabulary,
    pub logo: Option<Arc<Bitmap>>,
}

impl Stationery {
    /// The built-in words, no logo.
    pub fn plain() -> Self {
        Self { words: Vocabulary::built_in(), logo: None }
    }
}

/// Lays a document out for paper of `columns` columns.
pub fn lay_out(document: &Document, edition: Edition, columns: usize, shop: &Stationery) -> Page {
    let (language, words) = (document.language, shop.words.of(document.language));
    let mut page = Page { columns, elements: Vec::new() };
    if document.practice {
        page.centred(&format!(" {} ", words.practice), BANNER);
        page.blank();
    }
    match &document.content {
        Content::Sale(sale) => sale::draw(&mut page, sale, shop, (language, edition)),
        Content::Notice(notice) => notice::draw(&mut page, notice, words, (language, edition)),
        Content::Mandate(mandate) => mandate::draw(&mut page, mandate, words, (language, edition)),
        Content::CodeCard(card) => code_card::draw(&mut page, card, words),
        Content::Report(report) => report::draw(&mut page, report, words, (language, edition)),
        Content::TestPage { note } => {
            page.logo(shop.logo.as_ref());
            test_page::draw(&mut page, note, words);
        }
    }
    page.elements.push(Element::Cut);
    page
}

impl Page {
    fn push(&mut self, text: &str, align: Align, style: Style) {
        self.elements.push(Element::Text { text: text.to_owned(), align, style });
    }

    /// Columns a line has in this style.
    fn columns_in(&self, style: Style) -> usize {
        if style.double { self.columns / 2 } else { self.columns }
    }

    fn aligned(&mut self, text: &str, align: Align, style: Style) {
        let padded = style.inverse;
        for line in wrap(printable(text).trim(), self.columns_in(style) - if padded { 2 } else { 0 }) {
            let line = if padded { format!(" {line} ") } else { line };
            self.push(&line, align, style);
        }
    }

    /// Text from the left edge, on as many lines as it needs.
    fn left(&mut self, text: &str, style: Style) {
        self.aligned(text, Align::Left, style);
    }

    fn centred(&mut self, text: &str, style: Style) {
        self.aligned(text, Align::Centre, style);
    }

    /// `left` at the left edge and `right` at the right one; on two lines when one is too short.
    fn pair(&mut self, left: &str, right: &str, style: Style) {
        let (left, right) = (printable(left), printable(right));
        let too_wide = style.double && width(&right) > self.columns_in(style);
        // A sum broken over two lines can be misread; a smaller one cannot.
        let style = if too_wide { BOLD } else { style };
        let columns = self.columns_in(style);
        if let Some(line) = edges(&left, &right, columns) {
            self.push(&line, Align::Left, style);
            return;
        }
        self.left(&left, style);
        for line in wrap(right.trim(), columns) {
            let indent = " ".repeat(columns - width(&line));
            self.push(&format!("{indent}{line}"), Align::Left, style);
        }
    }

    /// A thin rule across the paper.
    fn rule(&mut self) {
        self.push(&"-".repeat(self.columns), Align::Left, PLAIN);
    }

    fn blank(&mut self) {
        self.elements.push(Element::Blank);
    }

    /// With white above and, when it is drawn, below: a symbol needs four modules of it (ISO/IEC 18004), and a line is
    /// six.
    fn qr(&mut self, data: &str) {
        if self.elements.last().is_some_and(|last| !matches!(last, Element::Blank)) {
            self.blank();
        }
        self.elements.push(Element::Qr { data: data.to_owned() });
    }

    /// A logo wider than this paper is left out: half a logo is none.
    fn logo(&mut self, logo: Option<&Arc<Bitmap>>) {
        if let Some(logo) = logo.filter(|logo| logo.width <= self.columns * COLUMN_DOTS) {
            self.elements.push(Element::Logo(Arc::clone(logo)));
        }
    }

    /// Shop's name and header lines, as every paper of the shop begins.
    fn letterhead(&mut self, shop_name: &str, header_lines: &[String]) {
        self.centred(shop_name, DOUBLE);
        for line in header_lines {
            self.centred(line, PLAIN);
        }
    }

    /// A COPY says so across the paper; an ORIGINAL is marked at the right edge beside `left`.
    fn edition(&mut self, left: &str, (language, edition): Which) {
        let mark = words::edition(language, edition);
        match edition {
            Edition::Original => self.pair(left, &mark, PLAIN),
            Edition::Copy(_) => {
                self.left(left, PLAIN);
                self.centred(&mark, BANNER);
            }
        }
    }
}

#[cfg(test)]
mod tests;
