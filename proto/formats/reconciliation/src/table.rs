//! The report as one table (RFC 4180): a row for each batch, day and exception, and one for the sums since the beginning. In UTF-8
//! with a byte order mark, without which spreadsheets take Chinese for something else.

use crate::amount::plain;
use crate::{Exception, Language, Report, Sides, Sums, Unwritable};

const BOM: &[u8] = b"\xef\xbb\xbf";

const HEAD: [&str; 18] = [
    "kind",
    "id",
    "day",
    "currency",
    "expected",
    "reported_received",
    "reported_refused",
    "reported_returned",
    "reported_in_flight",
    "ledger_received",
    "ledger_refused",
    "ledger_returned",
    "ledger_in_flight",
    "agrees",
    "reason",
    "age_days",
    "owner",
    "do",
];

pub fn of(report: &Report, language: Language) -> Result<Vec<u8>, Unwritable> {
    let unwritable = |error: csv::Error| Unwritable(error.to_string());
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(BOM.to_vec());
    table.write_record(HEAD).map_err(unwritable)?;
    for row in rows(report, language) {
        table.write_record(row.map(harmless)).map_err(unwritable)?;
    }
    table.into_inner().map_err(|error| Unwritable(error.to_string()))
}

type Row = [String; HEAD.len()];

fn rows(report: &Report, language: Language) -> Vec<Row> {
    let currency = report.currency.as_str();
    let mut rows = Vec::new();
    for batch in &report.batches {
        let sides = sides(&batch.sides, currency);
        rows.push(row("batch", &batch.id, &batch.made_on, currency, sides, agrees(batch.agrees())));
    }
    for day in &report.days {
        rows.push(row("day", "", &day.day, currency, sides(&day.sides, currency), ""));
    }
    rows.push(total(report));
    rows.extend(report.exceptions.iter().map(|one| exception(one, currency, language)));
    rows
}

fn row(kind: &str, id: &str, day: &str, currency: &str, sides: [String; 9], agrees: &str) -> Row {
    let mut row = Row::default();
    for (at, cell) in [kind, id, day, currency].into_iter().enumerate() {
        cell.clone_into(&mut row[at]);
    }
    for (at, cell) in sides.into_iter().enumerate() {
        row[4 + at] = cell;
    }
    agrees.clone_into(&mut row[13]);
    row
}

fn agrees(agrees: bool) -> &'static str {
    if agrees { "yes" } else { "NO" }
}

fn sides(sides: &Sides, currency: &str) -> [String; 9] {
    let Sides { expected, reported, ledger } = sides;
    let of = |sums: &Sums| [sums.received, sums.refused, sums.returned, sums.in_flight];
    let (reported, ledger) = (of(reported), of(ledger));
    let mut amounts = [*expected; 9];
    amounts[1..5].copy_from_slice(&reported);
    amounts[5..9].copy_from_slice(&ledger);
    amounts.map(|minor| plain(minor, currency))
}

/// What is at the bank stands under "received": nothing of it is on its way any more.
fn total(report: &Report) -> Row {
    let (totals, currency) = (&report.totals, report.currency.as_str());
    let mut sides: [String; 9] = Default::default();
    sides[1] = plain(totals.reported_at_bank, currency);
    sides[4] = plain(totals.reported_in_flight, currency);
    sides[5] = plain(totals.ledger_at_bank, currency);
    sides[7] = plain(totals.ledger_returned, currency);
    sides[8] = plain(totals.ledger_in_flight, currency);
    row("all", "", &report.made_at, currency, sides, agrees(totals.agree()))
}

fn exception(one: &Exception, currency: &str, language: Language) -> Row {
    let mut sides: [String; 9] = Default::default();
    sides[0] = one.expected.map(|minor| plain(minor, currency)).unwrap_or_default();
    let (reported, its_currency) = match &one.reported {
        Some((minor, code)) => (plain(*minor, code), code.as_str()),
        None => (String::new(), currency),
    };
    sides[1] = reported;
    let mut row = row("exception", &one.id, &one.about, its_currency, sides, "");
    row[14] = format!("{} {}", language.kind(&one.kind), one.reason).trim_end().to_owned();
    row[15] = one.age_days.to_string();
    row[16].clone_from(&one.owner);
    language.action(&one.action).clone_into(&mut row[17]);
    row
}

/// A bank's id is a stranger's text: a spreadsheet takes what begins so for a formula. Amounts are ours.
fn harmless(cell: String) -> String {
    let is_number = cell.parse::<f64>().is_ok();
    if !is_number && cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}
