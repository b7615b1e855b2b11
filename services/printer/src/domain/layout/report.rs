//! An X or Z report: every sum of the shift, in the order in which they add up.

use super::{BOLD, DOUBLE, PLAIN, Page, Which};
use crate::domain::document::{Money, Report};
use crate::domain::words::Words;

pub fn draw(page: &mut Page, report: &Report, words: &Words, which: Which) {
    let money = |amount_minor| {
        Money { amount_minor, currency_code: report.currency_code.clone() }.with_currency(which.0)
    };
    page.letterhead(&report.shop_name, &[]);
    page.centred(if report.closing { &words.z_report } else { &words.x_report }, BOLD);
    page.rule();
    page.edition(&format!("{} {}", words.number, report.report_no), which);
    page.pair(
        &format!("{} {}", words.till, report.till),
        &format!("{} {}", words.cashier, report.cashier),
        PLAIN,
    );
    page.pair(&words.from_time, &report.from_time, PLAIN);
    page.pair(&words.until_time, &report.until_time, PLAIN);
    page.pair(&words.receipts, &report.receipt_count.to_string(), PLAIN);
    if !report.first_receipt_no.is_empty() {
        page.pair(&report.first_receipt_no, &format!("- {}", report.last_receipt_no), PLAIN);
    }
    page.rule();
    page.pair(&words.gross, &money(report.gross_minor), BOLD);
    let parts = [
        (&words.settled, report.settled_minor),
        (&words.open, report.open_minor),
        (&words.bad, report.bad_minor),
        (&words.written_off, report.written_off_minor),
        (&words.paid_otherwise, report.paid_otherwise_minor),
        (&words.voided, report.void_minor),
    ];
    for (word, sum) in parts {
        page.pair(&format!("  {word}"), &money(sum), PLAIN);
    }
    page.pair(&words.refunds, &money(report.refunds_minor), PLAIN);
    page.rule();
    page.pair(&words.net, &money(report.net_minor), DOUBLE);
    page.rule();
}
