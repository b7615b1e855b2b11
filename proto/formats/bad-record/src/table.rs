//! The records as a table (RFC 4180, UTF-8), a row each.

use super::{BadRecord, BadRecords, Fault};

const HEAD: [&str; 13] = [
    "sale_id",
    "sale_number",
    "sold_on",
    "owed_minor",
    "currency",
    "debtor_name",
    "debtor_iban",
    "mandate_id",
    "presented",
    "return_reason",
    "listed_on",
    "ends_on",
    "evidence_sha256",
];

pub fn of(records: &BadRecords) -> Result<Vec<u8>, Fault> {
    let unwritable = |error: csv::Error| Fault::Malformed(error.to_string());
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    table.write_record(HEAD).map_err(unwritable)?;
    for record in &records.records {
        table.write_record(row(record, &records.currency)).map_err(unwritable)?;
    }
    table.into_inner().map_err(|error| Fault::Malformed(error.to_string()))
}

fn row(record: &BadRecord, currency: &str) -> [String; HEAD.len()] {
    [
        &record.sale_id,
        &record.sale_number,
        &record.sold_on,
        &record.owed_minor.to_string(),
        currency,
        &record.debtor_name,
        &record.debtor_iban,
        &record.mandate_id,
        &record.presented.to_string(),
        &record.return_reason,
        &record.listed_on,
        &record.ends_on,
        &record.evidence_sha256,
    ]
    .map(harmless)
}

/// A spreadsheet takes what begins so for a formula; an apostrophe in front makes it text.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}
