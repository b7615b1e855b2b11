//! A sale.

use chit_proto::checkout::v1::{Attention, Evidence, Receipt, Sale, SaleState, SmsTrace};
use serde_json::{Value, json};

use super::{money_json, short, table, time};
use crate::money;

pub fn state_name(state: SaleState) -> &'static str {
    short(state.as_str_name(), "SALE_STATE_")
}

/// What a person should do now.
pub fn attention_text(attention: Attention, sale_id: &str) -> String {
    match attention {
        Attention::Unspecified => String::new(),
        Attention::PrintBlocked => {
            "the printer does not print: fix it (paper, cover, cable); printing continues by itself".into()
        }
        Attention::PrintUnknown => {
            format!("look at the paper, then: chit sale resolve-receipt {sale_id} --printed-whole yes|no")
        }
        Attention::EvidenceMissing => format!(
            "photo or video is missing: mend the camera, or: chit sale override-evidence {sale_id} --approver NAME"
        ),
        Attention::Release => format!("when the payer leaves: chit sale release {sale_id}"),
        Attention::SmsUnknown => "an SMS may or may not have been sent; this resolves itself".into(),
        Attention::Dispatch => format!("let the challenge go: chit deduct release {sale_id}"),
        Attention::Listing => format!(
            "the evidence is partial; a supervisor may: chit deduct list-bad {sale_id} --approver NAME"
        ),
        Attention::Unreachable => "no more messages go to the payer: contact them in person".into(),
        Attention::Stuck => {
            "another service refuses what comes next; it is tried again: see chit doctor".into()
        }
        Attention::CodeFrozen => {
            "the payer's code is frozen: when they come with their card: chit payer new-card PAYER".into()
        }
        Attention::CardLocked => {
            "nine wrong replies: one right row, said at the counter, reopens answering by SMS".into()
        }
        Attention::NoRows => "no row is left on the payer's card: chit payer new-card PAYER".into(),
        Attention::Dispute => "a dispute is open: chit dispute resolve DISPUTE".into(),
        Attention::Returned => format!(
            "the bank returned the deduction: take the money in person: chit sale paid-otherwise {sale_id} --actor NAME"
        ),
    }
}

pub fn sale_text(sale: &Sale) -> String {
    let receipt = sale.receipt.as_ref();
    let evidence = sale.evidence.as_ref();
    let scan = short(sale.payer_scan_source().as_str_name(), "PAYER_SCAN_SOURCE_");
    let payer = match sale.payer_last4.as_str() {
        "" => String::new(),
        last4 => format!("****{last4} ({scan}, {})", sale.payer_scan_engine),
    };
    let mut text = table(&[
        ("sale", sale.sale_id.clone()),
        ("receipt no", sale.receipt_no.clone()),
        ("state", state_name(sale.state()).to_owned()),
        ("cashier", sale.cashier.clone()),
        ("payer", payer),
        ("total", money::text(sale.total.as_ref())),
        ("owed", money::text(sale.owed.as_ref())),
        ("receipt", receipt.map_or_else(String::new, receipt_text)),
        ("evidence", evidence.map_or_else(String::new, evidence_text)),
        ("batch", sale.settlement_batch_id.clone()),
        ("disputes", sale.dispute_ids.join(" ")),
        ("refund", sale.refund_transfer_id.clone()),
    ]);
    for attention in sale.attention() {
        text.push_str(&format!("to do       {}\n", attention_text(attention, &sale.sale_id)));
    }
    text
}

fn receipt_text(receipt: &Receipt) -> String {
    let state = short(receipt.state().as_str_name(), "RECEIPT_STATE_");
    format!(
        "{state} {}, {} original, {} copies, code {}",
        receipt.confidence, receipt.originals, receipt.copies, receipt.lookup_code
    )
}

fn evidence_text(evidence: &Evidence) -> String {
    let state = short(evidence.state().as_str_name(), "EVIDENCE_STATE_");
    format!("{state} {}", evidence.partial_reasons.join(" ")).trim_end().to_owned()
}

pub fn sale_json(sale: &Sale) -> Value {
    let receipt = sale.receipt.clone().unwrap_or_default();
    let evidence = sale.evidence.clone().unwrap_or_default();
    let lines = sale.lines.iter().map(|line| {
        json!({
            "gtin": line.gtin, "description": line.description, "quantity_milli": line.quantity_milli,
            "unit_price_minor": line.unit_price_minor, "total_minor": line.total_minor,
        })
    });
    json!({
        "sale_id": sale.sale_id,
        "receipt_no": sale.receipt_no,
        "state": state_name(sale.state()),
        "till": sale.till,
        "cashier": sale.cashier,
        "lines": lines.collect::<Vec<_>>(),
        "total": money_json(sale.total.as_ref()),
        "payer_id": sale.payer_id,
        "payer_last4": sale.payer_last4,
        "payer_scan": {
            "source": short(sale.payer_scan_source().as_str_name(), "PAYER_SCAN_SOURCE_"),
            "engine": sale.payer_scan_engine,
        },
        "risk_result": sale.risk_result,
        "same_person": sale.same_person,
        "receipt": {
            "job_id": receipt.job_id,
            "state": short(receipt.state().as_str_name(), "RECEIPT_STATE_"),
            "confidence": receipt.confidence,
            "originals": receipt.originals,
            "copies": receipt.copies,
            "lookup_code": receipt.lookup_code,
        },
        "evidence": {
            "recording_id": evidence.recording_id,
            "state": short(evidence.state().as_str_name(), "EVIDENCE_STATE_"),
            "partial_reasons": evidence.partial_reasons,
            "photo_1_sha256": hex::encode(&evidence.photo_1_sha256),
            "photo_1_late": evidence.photo_1_late,
            "photo_2_sha256": hex::encode(&evidence.photo_2_sha256),
            "manifest_sha256": hex::encode(&evidence.manifest_sha256),
            "goods_sha256": hex::encode(&evidence.goods_sha256),
            "override_by": evidence.override_by,
        },
        "challenge_id": sale.challenge_id,
        "rounds": sale.rounds,
        "sms": sale.sms.iter().map(sms_json).collect::<Vec<_>>(),
        "settlement_batch_id": sale.settlement_batch_id,
        "dispute_ids": sale.dispute_ids,
        "attention": sale.attention().map(|a| short(a.as_str_name(), "ATTENTION_")).collect::<Vec<_>>(),
        "released_by_timeout": sale.released_by_timeout,
        "create_time": time(sale.create_time.as_ref()),
        "commit_time": time(sale.commit_time.as_ref()),
        "release_time": time(sale.release_time.as_ref()),
        "settle_time": time(sale.settle_time.as_ref()),
        "scan_to_receipt_last_byte_ms": sale.scan_to_receipt_last_byte_ms,
        "ledger_seq": sale.ledger_seq,
        "refund_transfer_id": sale.refund_transfer_id,
        "far_refusal": sale.far_refusal,
    })
}

fn sms_json(sms: &SmsTrace) -> Value {
    json!({
        "message_id": sms.message_id, "inbound": sms.inbound, "state": sms.state,
        "text_chars": sms.text_chars, "encoding": sms.encoding, "purpose": sms.purpose,
    })
}
