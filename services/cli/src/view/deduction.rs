//! Settlement batches and disputes.

use chit_proto::checkout::v1::{BankFile, Dispute, HandOver, SettlementBatch};
use serde_json::{Value, json};

use super::{money_json, short, table, time};
use crate::money;

pub fn batch_text(batch: &SettlementBatch) -> String {
    table(&[
        ("batch", batch.batch_id.clone()),
        ("state", batch_state(batch).to_owned()),
        ("rail", batch.rail.clone()),
        ("sales", batch.sale_ids.len().to_string()),
        ("total", money::text(batch.total.as_ref())),
        ("file", batch.file.as_ref().map(file_text).unwrap_or_default()),
    ])
}

pub fn batch_json(batch: &SettlementBatch) -> Value {
    json!({
        "batch_id": batch.batch_id,
        "state": batch_state(batch),
        "rail": batch.rail,
        "sale_ids": batch.sale_ids,
        "total": money_json(batch.total.as_ref()),
        "create_time": time(batch.create_time.as_ref()),
        "file": batch.file.as_ref().map(file_json),
    })
}

fn file_text(file: &BankFile) -> String {
    let duplicate = if file.duplicate { ", the bank says it came twice" } else { "" };
    let carried = match file.hand_over() {
        HandOver::Unspecified => String::new(),
        far => format!(", hand-over {}", hand_over(far)),
    };
    format!(
        "{} {}, {} of {} debits open{duplicate}{carried}",
        file.name,
        file_state(file),
        file.open,
        file.debits
    )
}

fn file_json(file: &BankFile) -> Value {
    json!({
        "name": file.name,
        "state": file_state(file),
        "sha256": hex::encode(&file.sha256),
        "debits": file.debits,
        "open": file.open,
        "duplicate": file.duplicate,
        "hand_over": hand_over(file.hand_over()),
        "hand_over_tries": file.hand_over_tries,
        "received": money_json(file.received.as_ref()),
        "refused": money_json(file.refused.as_ref()),
        "returned": money_json(file.returned.as_ref()),
        "write_time": time(file.write_time.as_ref()),
        "answer_time": time(file.answer_time.as_ref()),
    })
}

/// "DONE"; empty where no command is configured.
pub fn hand_over(far: HandOver) -> &'static str {
    if far == HandOver::Unspecified { "" } else { short(far.as_str_name(), "HAND_OVER_") }
}

fn file_state(file: &BankFile) -> &'static str {
    short(file.state().as_str_name(), "BANK_FILE_STATE_")
}

fn batch_state(batch: &SettlementBatch) -> &'static str {
    short(batch.state().as_str_name(), "SETTLEMENT_BATCH_STATE_")
}

pub fn dispute_text(dispute: &Dispute) -> String {
    table(&[
        ("dispute", dispute.dispute_id.clone()),
        ("sale", dispute.sale_id.clone()),
        ("state", dispute_state(dispute).to_owned()),
        ("cause", cause(dispute).to_owned()),
        ("opened by", dispute.opened_by.clone()),
        ("resolved by", dispute.resolved_by.clone()),
    ])
}

pub fn dispute_json(dispute: &Dispute) -> Value {
    json!({
        "dispute_id": dispute.dispute_id,
        "sale_id": dispute.sale_id,
        "state": dispute_state(dispute),
        "cause": cause(dispute),
        "opened_by": dispute.opened_by,
        "resolved_by": dispute.resolved_by,
        "create_time": time(dispute.create_time.as_ref()),
        "resolve_time": time(dispute.resolve_time.as_ref()),
    })
}

fn dispute_state(dispute: &Dispute) -> &'static str {
    short(dispute.state().as_str_name(), "DISPUTE_STATE_")
}

fn cause(dispute: &Dispute) -> &'static str {
    short(dispute.cause().as_str_name(), "DISPUTE_CAUSE_")
}
