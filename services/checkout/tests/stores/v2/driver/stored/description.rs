//! `holds.json`: what the old program reads in the finished file.

use serde_json::{Value, json};

use super::*;
use crate::domain::name::Named;
use crate::store::{ReadTx, Store};

/// Without the pages that are free.
pub fn compact(file: &Path) {
    let mut db = redb::Database::open(file).unwrap();
    while db.compact().unwrap() {}
}

pub async fn of(left: &Left) -> Value {
    let store = Store::open(&left.file, left.ctx.clock.clone()).unwrap();
    let keys = crate::keys::Keys::load(&left.ctx.shared).unwrap();
    let left_at = left.ctx.clock.now();
    store
        .read_blocking(|rows| {
            let sales = rows.all_sales()?;
            assert_eq!(sales.len(), left.sales.len());
            let report = crate::domain::z_report::sum(&sales)?;
            let sale_of = |story: &Story| Ok(sale(story, &rows.sale(&story.sale_id)?));
            let payer_of = |(id, why): &(String, &'static str)| payer(rows, why, &rows.payer(id)?, &keys);
            let events = rows.events_after(0, usize::MAX)?;
            let newest = events.last().unwrap();
            Ok(json!({
                "schema": rows.number("schema")?,
                "left_ms": left_at.as_millisecond(),
                "left": left_at.to_string(),
                "sales": left.sales.iter().map(sale_of).collect::<Result<Vec<_>>>()?,
                "payers": left.payers.iter().map(payer_of).collect::<Result<Vec<_>>>()?,
                "challenges": challenges(rows, left, &keys)?,
                "disputes": disputes(rows, &sales)?,
                "batches": rows.batches()?.iter().map(batch).collect::<Vec<_>>(),
                "outbox": outbox(rows)?,
                "wrong_pins": pins(rows)?,
                "z_report": {
                    "gross_minor": report.gross_minor,
                    "settled_minor": report.settled_minor,
                    "open_minor": report.open_minor,
                    "bad_minor": report.bad_minor,
                    "written_off_minor": report.written_off_minor,
                    "paid_otherwise_minor": report.paid_otherwise_minor,
                    "void_minor": report.void_minor,
                    "refunds_minor": report.refunds_minor,
                    "net_minor": report.net_minor,
                    "sales": report.sales,
                    "receipt_numbers_gapless": report.receipt_numbers_gapless,
                },
                "events": {
                    "count": events.len(),
                    "newest_revision": newest.revision,
                    "newest_subject": newest.subject_id,
                    "newest_previous_hash": hex::encode(&newest.previous_hash),
                },
                "cursors": {
                    "inbound_seq": rows.number("inbound_seq")?,
                    "sms_revision": rows.number("sms_revision")?,
                },
            }))
        })
        .unwrap()
}

/// What is 0, empty or false is left out.
pub fn one_line_a_record(holds: &Value) -> String {
    let mut text = String::from("{\n");
    let sections = holds.as_object().unwrap();
    for (at, (name, section)) in sections.iter().enumerate() {
        let comma = if at + 1 < sections.len() { "," } else { "" };
        match section.as_array() {
            Some(records) => {
                let lines: Vec<String> = records.iter().map(|record| told(record).to_string()).collect();
                text += &format!("\"{name}\": [\n{}\n]{comma}\n", lines.join(",\n"));
            }
            None => text += &format!("\"{name}\": {}{comma}\n", told(section)),
        }
    }
    text + "}\n"
}

fn told(value: &Value) -> Value {
    let says = |value: &Value| {
        !(value.is_null() || *value == 0 || *value == "" || *value == false || *value == json!([]))
    };
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), told(value)));
            Value::Object(fields.filter(|(_, value)| says(value)).collect())
        }
        other => other.clone(),
    }
}

fn sale(story: &Story, sale: &Sale) -> Value {
    let mut all = at_the_counter(story, sale);
    let Value::Object(later) = after_the_release(sale) else { unreachable!("an object") };
    all.as_object_mut().unwrap().extend(later);
    all
}

fn at_the_counter(story: &Story, sale: &Sale) -> Value {
    let attention = crate::api::convert::attention(sale, Config::default().evidence_policy);
    let attention: Vec<&str> = attention.iter().map(|item| item.as_str_name()).collect();
    json!({
        "why": story.why,
        "start_request_id": story.request_id,
        "sale_id": sale.sale_id,
        "state": sale.state().name(),
        "committing": sale.committing,
        "total_minor": sale.total_minor,
        "lines": sale.lines.len(),
        "basket_tag": crate::counter::tag_of(&sale.lines),
        "payer_id": sale.payer_id,
        "payer_code_serial": sale.payer_code_serial,
        "same_person": sale.same_person,
        "risk_result": sale.risk_result,
        "receipt_no": sale.receipt_no,
        "short_no": sale.short_no,
        "attention": attention,
        "receipt": {
            "job_id": sale.receipt.job_id,
            "state": sale.receipt.state().name(),
            "originals": sale.receipt.originals,
            "lookup_code": sale.receipt.lookup_code,
            "laid_out": sale.receipt.laid_out,
            "fence_ms": sale.receipt.fence_ms,
        },
        "evidence": {
            "recording_id": sale.evidence.recording_id,
            "state": sale.evidence.state().name(),
            "override_by": sale.evidence.override_by,
            "photo_1": !sale.evidence.photo_1_sha256.is_empty(),
            "manifest": !sale.evidence.manifest_sha256.is_empty(),
        },
        "ledger_seq": sale.ledger_seq,
        "pending_transfer": sale.pending_transfer(),
        "commit_refusal": sale.commit_refusal,
    })
}

fn after_the_release(sale: &Sale) -> Value {
    json!({
        "challenge_id": sale.challenge_id,
        "rounds": sale.rounds,
        "last_round": sale.last_round,
        "challenge_delivered": sale.challenge_delivered,
        "dispatch_released": sale.dispatch_released,
        "held_by_dispute": sale.held_by_dispute,
        "listing_needs_person": sale.listing_needs_person,
        "dispute_ids": sale.dispute_ids,
        "sms": sale.sms.len(),
        "settlement_batch_id": sale.settlement_batch_id,
        "resolve_transfer_id": sale.resolve_transfer_id,
        "refund_transfer_id": sale.refund_transfer_id,
        "far_refusal": sale.far_refusal,
        "undo_by": sale.undo_by,
        "times_ms": {
            "create": sale.create_ms,
            "payer_scan": sale.payer_scan_ms,
            "commit": sale.commit_ms,
            "release": sale.release_ms,
            "settle": sale.settle_ms,
            "notice": sale.notice_ms,
            "listed": sale.listed_ms,
            "undo": sale.undo_ms,
            "not_before": sale.not_before_ms,
        },
    })
}

fn payer(rows: &ReadTx, why: &str, payer: &Payer, keys: &crate::keys::Keys) -> Result<Value> {
    let shown = crate::api::convert::payer(payer);
    Ok(json!({
        "why": why,
        "payer_id": payer.payer_id,
        "state": payer.state().name(),
        "listed": payer.listed,
        "name": payer.name,
        "phone": payer.phone,
        "language": payer.language,
        "photo_bytes": rows.photo(&payer.payer_id)?.len(),
        "code": counter::code_of(payer, keys),
        "code_serial": payer.code_serial,
        "valid_to": payer.valid_to,
        "card_serial": payer.card_serial,
        "rows_left": shown.rows_left,
        "wrong_since_right": payer.wrong_since_right,
        "used_codes": payer.used_code_hashes.len(),
        "open_challenge_id": payer.open_challenge_id,
        "enrol_step": payer.enrol_step().name(),
        "mandate_id": payer.mandate_id,
        "account_id": payer.account_id,
        "approved_by": payer.approved_by,
        "changed_by": payer.changed_by,
        "changed_with": payer.changed_with,
        "change_ms": payer.change_ms,
        "change_warning": payer.change_warning().name(),
        "unasked": [payer.unasked_day, payer.unasked_count.to_string()],
        "answers": [payer.answers_day, payer.answers_count.to_string()],
        "not_before_ms": payer.not_before_ms,
    }))
}

/// With the code that answers it: from the card that the payer has now.
fn challenges(rows: &ReadTx, left: &Left, keys: &crate::keys::Keys) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    for (payer_id, _) in &left.payers {
        let payer = rows.payer(payer_id)?;
        let key = card_key(&keys.card_master, &payer)?;
        for challenge in rows.challenges_of(payer_id)? {
            let row = Row::new(u8::try_from(challenge.row).unwrap()).unwrap();
            all.push(json!({
                "challenge_id": challenge.challenge_id,
                "payer_id": challenge.payer_id,
                "sale_ids": challenge.sale_ids,
                "state": challenge.state().name(),
                "round": challenge.round,
                "row": challenge.row,
                "right_code": key.row_code(row).reveal(),
                "wrong_replies": challenge.wrong_replies,
                "message_id": challenge.message_id,
                "message": rows.message(&challenge.message_id)?.is_some(),
                "delivered": challenge.delivered,
                "reminded": challenge.reminded,
                "submit_ms": challenge.submit_ms,
                "expire_ms": challenge.expire_ms,
                "paused_ms": challenge.paused_ms,
            }));
        }
    }
    Ok(all)
}

fn disputes(rows: &ReadTx, sales: &[Sale]) -> Result<Vec<Value>> {
    let ids = sales.iter().flat_map(|sale| &sale.dispute_ids);
    ids.map(|id| {
        let dispute = rows.dispute(id)?;
        Ok(json!({
            "dispute_id": dispute.dispute_id,
            "sale_id": dispute.sale_id,
            "state": dispute.state().name(),
            "cause": dispute.cause().name(),
            "opened_by": dispute.opened_by,
            "resolved_by": dispute.resolved_by,
            "create_ms": dispute.create_ms,
            "resolve_ms": dispute.resolve_ms,
        }))
    })
    .collect()
}

fn batch(batch: &crate::domain::settlement::Batch) -> Value {
    json!({
        "batch_id": batch.batch_id,
        "state": batch.state().name(),
        "rail": batch.rail,
        "sale_ids": batch.sale_ids,
        "total_minor": batch.total_minor,
        "create_ms": batch.create_ms,
        "actor": batch.actor,
    })
}

fn outbox(rows: &ReadTx) -> Result<Vec<Value>> {
    let entry = |(row, effect): (u64, Effect)| {
        json!({
            "entry": row,
            "kind": effect.kind().name(),
            "subject_id": effect.subject_id,
            "far_id": effect.far_id,
        })
    };
    Ok(rows.outbox()?.into_iter().map(entry).collect())
}

fn pins(rows: &ReadTx) -> Result<Value> {
    let of = |name| {
        let lockout = rows.pin_lockout(name)?;
        Ok(json!({ "wrong": lockout.wrong, "locked_until": lockout.locked_until.map(|at| at.to_string()) }))
    };
    Ok(json!({ CASHIER: of(CASHIER)?, SUPERVISOR: of(SUPERVISOR)?, "zhao": of("zhao")? }))
}
