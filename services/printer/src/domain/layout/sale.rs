//! A sale's receipt: who, when and number first; each item's name on a line of its own; an honest word on the money.

use super::{BOLD, DOUBLE, PLAIN, Page, Stationery, Which};
use crate::domain::document::{Line, Money, Sale, quantity};
use crate::domain::template::Block;
use crate::domain::text::width;
use crate::domain::words::Words;

/// Hexadecimal digits of a hash on paper: a pointer for a person; the QR carries the whole.
const HASH_DIGITS: usize = 12;

pub fn draw(page: &mut Page, sale: &Sale, shop: &Stationery, which: Which) {
    let words = shop.words.of(which.0);
    for block in &shop.words.receipt {
        match block {
            Block::Logo => page.logo(shop.logo.as_ref()),
            Block::Letterhead => page.letterhead(&sale.shop_name, &sale.header_lines),
            Block::Number => number(page, sale, words, which),
            Block::Goods => sale.lines.iter().for_each(|line| item(page, line, &sale.total.currency_code)),
            Block::ItemCount => page.left(&words.item_count(sale.lines.len()), PLAIN),
            Block::Total => page.pair(&words.total, &sale.total.with_currency(which.0), DOUBLE),
            Block::Account => page.pair(&words.account, &format!("****{}", sale.payer_last4), PLAIN),
            Block::State => page.pair(&words.state, &words.not_charged_yet, BOLD),
            Block::Sms => sms(page, sale, words),
            Block::Qr => page.qr(&sale.signed_qr),
            Block::Lookup => {
                page.centred(&format!("{} {}", words.lookup, sale.lookup_code), BOLD);
                page.centred(&words.ask, PLAIN);
            }
            Block::Retention => page.centred(&words.kept(&sale.kept), PLAIN),
            Block::NotAnInvoice => page.centred(&words.not_an_invoice, PLAIN),
            Block::Hashes => hashes(page, sale, words),
            Block::Footer => shop.words.footer(which.0).iter().for_each(|line| page.centred(line, PLAIN)),
            Block::Rule => page.rule(),
            Block::Blank => page.blank(),
        }
    }
}

fn number(page: &mut Page, sale: &Sale, words: &Words, which: Which) {
    page.pair(&format!("{} {}", words.number, sale.receipt_no), &sale.time, PLAIN);
    let who = format!("{} {}  {} {}", words.till, sale.till, words.cashier, sale.cashier);
    page.edition(&who, which);
}

/// What the payer will read in the SMS, so that they know it again.
fn sms(page: &mut Page, sale: &Sale, words: &Words) {
    if !sale.sale_number.is_empty() {
        page.pair(&words.sms_number, &sale.sale_number, BOLD);
    }
    if !sale.sms_sender.is_empty() {
        page.left(&words.sms_comes_from(&sale.sms_sender), PLAIN);
    }
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
