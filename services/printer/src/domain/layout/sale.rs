//! A sale's receipt: who, when and number first; each item's name on a line of its own; an honest word on the money.

use super::{BOLD, DOUBLE, PLAIN, Page, Which};
use crate::domain::document::{Line, Money, Sale, quantity};
use crate::domain::text::width;
use crate::domain::words::Words;

/// Hexadecimal digits of a hash on paper: a pointer for a person; the QR carries the whole.
const HASH_DIGITS: usize = 12;

pub fn draw(page: &mut Page, sale: &Sale, words: &Words, which: Which) {
    page.letterhead(&sale.shop_name, &sale.header_lines);
    page.blank();
    page.pair(&format!("{} {}", words.number, sale.receipt_no), &sale.time, PLAIN);
    let who = format!("{} {}  {} {}", words.till, sale.till, words.cashier, sale.cashier);
    page.edition(&who, which);
    page.rule();
    for line in &sale.lines {
        item(page, line, &sale.total.currency_code);
    }
    page.rule();
    page.left(&words.item_count(sale.lines.len()), PLAIN);
    page.pair(&words.total, &sale.total.with_currency(which.0), DOUBLE);
    page.rule();
    page.pair(&words.account, &format!("****{}", sale.payer_last4), PLAIN);
    page.pair(&words.state, &words.not_charged_yet, BOLD);
    if !sale.sms_sender.is_empty() {
        page.left(&words.sms_comes_from(&sale.sms_sender), PLAIN);
    }
    page.blank();
    page.qr(&sale.signed_qr);
    page.centred(&format!("{} {}", words.lookup, sale.lookup_code), BOLD);
    page.centred(&words.ask, PLAIN);
    page.blank();
    page.centred(&words.retained_until(&sale.retention_date), PLAIN);
    page.centred(&words.not_an_invoice, PLAIN);
    hashes(page, sale, words);
}

fn item(page: &mut Page, line: &Line, currency_code: &str) {
    let money = |amount_minor| Money { amount_minor, currency_code: currency_code.to_owned() }.digits();
    page.left(&line.description, PLAIN);
    let count = format!("  {} x {}", quantity(line.quantity_milli), money(line.unit_price_minor));
    page.pair(&count, &money(line.total_minor), PLAIN);
}

/// On one line where the paper is wide enough, else each on its own.
fn hashes(page: &mut Page, sale: &Sale, words: &Words) {
    let short = |hash: &[u8]| hex::encode(hash).chars().take(HASH_DIGITS).collect::<String>();
    let photo = match sale.photo_sha256.as_slice() {
        [] => words.no_photo.clone(),
        hash => format!("{} {}", words.photo, short(hash)),
    };
    let goods = format!("{} {}", words.goods, short(&sale.goods_sha256));
    let both = format!("{photo}  {goods}");
    if width(&both) <= page.columns {
        page.centred(&both, PLAIN);
    } else {
        page.centred(&photo, PLAIN);
        page.centred(&goods, PLAIN);
    }
}
