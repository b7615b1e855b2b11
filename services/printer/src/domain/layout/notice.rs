//! A refund or a void: the sale it answers, how much, who approved it.

use super::{BOLD, DOUBLE, PLAIN, Page, Which};
use crate::domain::document::Notice;
use crate::domain::words::Words;

pub fn draw(page: &mut Page, notice: &Notice, words: &Words, which: Which) {
    let (title, amount, note) = if notice.voided {
        (&words.void, &words.voided_amount, &words.void_note)
    } else {
        (&words.refund, &words.refunded_amount, &words.refund_note)
    };
    page.letterhead(&notice.shop_name, &[]);
    page.centred(title, BOLD);
    page.rule();
    page.pair(&format!("{} {}", words.number, notice.receipt_no), &notice.time, PLAIN);
    page.edition(&format!("{} {}", words.approved_by, notice.approved_by), which);
    page.rule();
    page.pair(amount, &notice.amount.with_currency(which.0), DOUBLE);
    page.rule();
    page.centred(note, PLAIN);
    page.centred(&words.not_an_invoice, PLAIN);
}
