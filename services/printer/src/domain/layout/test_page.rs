//! A page that shows columns, sizes, Chinese and a QR, so that a person sees at once what a printer lacks.

use super::{Align, BANNER, BOLD, DOUBLE, PLAIN, Page};
use crate::domain::words::Words;

pub fn draw(page: &mut Page, note: &str, words: &Words) {
    page.centred(&words.test_page, DOUBLE);
    page.rule();
    let ruler: String = ('1'..='9').chain(['0']).cycle().take(page.columns).collect();
    page.push(&ruler, Align::Left, PLAIN);
    page.left(&words.test_sample, PLAIN);
    page.left(&words.test_sample, BOLD);
    page.centred(&words.test_page, BANNER);
    page.pair(&words.total, "0.00", DOUBLE);
    page.rule();
    page.qr("CHIT TEST PAGE");
    if !note.is_empty() {
        page.centred(note, PLAIN);
    }
}
