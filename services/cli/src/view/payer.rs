//! A payer.

use chit_proto::checkout::v1::{ChangeWarning, Payer};
use serde_json::{Value, json};

use super::{short, table, time};

pub fn payer_text(payer: &Payer) -> String {
    let mut rows = vec![
        ("payer", payer.payer_id.clone()),
        ("state", state(payer).to_owned()),
        ("shown as", format!("****{}", payer.last4)),
        ("card", format!("{} ({} rows left)", payer.card_serial, payer.rows_left)),
        ("valid to", payer.valid_to.clone()),
        ("QR code", payer.code_png_path.clone()),
    ];
    if payer.new_code_waits {
        rows.push(("new code", "the payer has not shown it yet: hand over its picture".to_owned()));
    }
    if payer.change_time.is_some() {
        rows.push(("old number", old_number(payer).to_owned()));
    }
    table(&rows)
}

pub fn payer_json(payer: &Payer) -> Value {
    json!({
        "payer_id": payer.payer_id,
        "state": state(payer),
        "last4": payer.last4,
        "language": payer.language,
        "code_serial": payer.code_serial,
        "new_code_waits": payer.new_code_waits,
        "card_serial": payer.card_serial,
        "rows_left": payer.rows_left,
        "valid_to": payer.valid_to,
        "mandate_job_id": payer.mandate_job_id,
        "card_job_id": payer.card_job_id,
        "code_png_path": payer.code_png_path,
        "challenge_id": payer.challenge_id,
        "create_time": time(payer.create_time.as_ref()),
        "wrong_replies": payer.wrong_replies,
        "change_time": time(payer.change_time.as_ref()),
        "change_approved_by": payer.change_approved_by,
        "no_sales_until": time(payer.no_sales_until.as_ref()),
        "change_warning": short(payer.change_warning().as_str_name(), "CHANGE_WARNING_"),
    })
}

/// Whether the warning reached the old number.
fn old_number(payer: &Payer) -> &'static str {
    match payer.change_warning() {
        ChangeWarning::Unspecified => "no warning on record",
        ChangeWarning::Queued => "the warning waits for the network",
        ChangeWarning::Sent => "warned, no delivery report yet",
        ChangeWarning::Delivered => "warned",
        ChangeWarning::NotSent | ChangeWarning::Undelivered => "was not warned",
        ChangeWarning::Unknown => "unknown whether the warning arrived (see `chit status`)",
    }
}

fn state(payer: &Payer) -> &'static str {
    short(payer.state().as_str_name(), "PAYER_STATE_")
}
