//! The mandate and consent a payer signs at enrolment.

use super::{BOLD, DOUBLE, PLAIN, Page, Which};
use crate::domain::document::Mandate;
use crate::domain::words::Words;

/// Blank lines above the rule to write a name on (each about 4 mm).
const SIGNATURE_LINES: usize = 4;

pub fn draw(page: &mut Page, mandate: &Mandate, words: &Words, which: Which) {
    page.centred(&mandate.shop_name, BOLD);
    page.centred(&words.mandate, DOUBLE);
    page.rule();
    page.edition(&format!("{} {}", words.date, mandate.date), which);
    page.pair(&words.mandate_reference, &mandate.mandate_id, PLAIN);
    page.pair(&words.creditor, &mandate.shop_name, PLAIN);
    page.pair(&words.payer, &mandate.payer_name, PLAIN);
    page.pair(&words.phone, &mandate.phone_masked, PLAIN);
    page.rule();
    for paragraph in &mandate.paragraphs {
        page.left(paragraph, PLAIN);
        page.blank();
    }
    page.left(&words.signature, BOLD);
    for _ in 0..SIGNATURE_LINES {
        page.blank();
    }
    page.rule();
}
