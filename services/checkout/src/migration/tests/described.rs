//! What the imported store says of itself, in the words of holds.json.

use prost::Message as _;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::collection::{Deduction, State};
use crate::payer::Payer;
use crate::payer::code_card::ROWS;
use crate::sale::state::SaleState;
use crate::sale::{Commit, Sale, Sold, SoldLine, Stage, Step};
use crate::store::View;
use crate::store::records::sale::Line;
use crate::values::name::Named;
use crate::values::refusal::Result;

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn ms(at: Option<jiff::Timestamp>) -> i64 {
    at.map_or(0, jiff::Timestamp::as_millisecond)
}

/// Without what is 0, empty or false, as in holds.json.
pub fn told(value: &Value) -> Value {
    let says = |value: &Value| {
        !(value.is_null()
            || *value == 0
            || *value == ""
            || *value == false
            || *value == json!([])
            || *value == json!({}))
    };
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), told(value)));
            Value::Object(fields.filter(|(_, value)| says(value)).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// Names of enumerations that are not the interface's.
pub fn name(value: impl std::fmt::Debug) -> String {
    let mut name = String::new();
    for letter in format!("{value:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

pub fn sale(view: &View, sale: &Sale) -> Result<Value> {
    let deduction = view.find_deduction(sale.id)?;
    let mut all = at_the_counter(view, sale, deduction.as_ref())?;
    let fields = all.as_object_mut().unwrap();
    fields.extend(sale.sold().map(sold).and_then(|sold| sold.as_object().cloned()).unwrap_or_default());
    fields
        .extend(deduction.as_ref().map(owed).and_then(|owed| owed.as_object().cloned()).unwrap_or_default());
    fields.insert("times_ms".into(), times(sale, deduction.as_ref()));
    Ok(told(&all))
}

fn at_the_counter(view: &View, sale: &Sale, deduction: Option<&Deduction>) -> Result<Value> {
    let (committing, pending, refusal) = match &sale.stage {
        Stage::PayerOk { commit: Commit::Asked(transfer), .. } => (true, text(Some(transfer)), ""),
        Stage::PayerOk { commit: Commit::Refused(reason), .. } => (false, String::new(), reason.as_str()),
        _ => (false, String::new(), ""),
    };
    let shown = sale.presented();
    let undo_by = match (&sale.stage, deduction) {
        (Stage::Voided(voided), _) => voided.by.clone(),
        (_, Some(deduction)) => text(deduction.refunds.first().map(|refund| refund.by.clone())),
        _ => String::new(),
    };
    Ok(json!({
        "sale_id": sale.id.to_string(),
        "state": sale.state(deduction).name(),
        "committing": committing,
        "pending_transfer": pending,
        "commit_refusal": refusal,
        "total_minor": sale.total_minor,
        "lines": sale.lines.len(),
        "basket_tag": basket_tag(&sale.lines),
        "payer_id": text(shown.map(|shown| shown.payer)),
        "payer_code_serial": shown.and_then(|shown| shown.code_serial),
        "same_person": shown.and_then(|shown| shown.same_person),
        "risk_result": shown.map(|shown| shown.risk.bits()),
        "receipt": { "state": "NONE" },
        "evidence": { "state": "NONE" },
        "far_refusal": view.refusal_of(sale.id)?,
        "undo_by": undo_by,
    }))
}

/// As the older program made it, so that it tells whether all lines are the same.
fn basket_tag(lines: &[SoldLine]) -> String {
    let mut hash = Sha256::new();
    for line in lines.iter().cloned() {
        let SoldLine { gtin, description, quantity_milli, unit_price_minor, total_minor } = line;
        let bytes = Line { gtin, description, quantity_milli, unit_price_minor, total_minor }.encode_to_vec();
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    }
    hex::encode(&hash.finalize()[..8])
}

fn sold(sold: &Sold) -> Value {
    let (receipt, evidence) = (&sold.receipt, &sold.evidence);
    json!({
        "receipt_no": sold.receipt_no,
        "short_no": sold.number.to_string(),
        "ledger_seq": sold.ledger.seq,
        "receipt": {
            "job_id": receipt.job.to_string(),
            "state": name(receipt.state),
            "originals": u32::from(receipt.original_may_exist),
            "lookup_code": receipt.lookup_code.to_string(),
            "laid_out": receipt.laid_out.is_some(),
            "fence_ms": ms(receipt.fenced_at),
        },
        "evidence": {
            "recording_id": evidence.recording.to_string(),
            "state": name(evidence.state),
            "override_by": evidence.override_by,
            "photo_1": evidence.photo_1_sha256.is_some(),
            "manifest": evidence.manifest_sha256.is_some(),
        },
    })
}

fn owed(deduction: &Deduction) -> Value {
    let disputes: Vec<String> = deduction.disputes.iter().map(ToString::to_string).collect();
    json!({
        "pending_transfer": deduction.pending.to_string(),
        "challenge_id": text(deduction.asking.challenge),
        "rounds": deduction.asking.rounds,
        "last_round": deduction.asking.last_round,
        "challenge_delivered": deduction.asking.delivered,
        "dispatch_released": deduction.asking.released,
        "held_by_dispute": deduction.held,
        "listing_needs_person": deduction.notice().is_some_and(|notice| notice.needs_person),
        "dispute_ids": disputes,
        "sms": deduction.sms.len(),
        "settlement_batch_id": text(deduction.presentment().map(|presentment| presentment.batch)),
        "resolve_transfer_id": deduction.resolve.to_string(),
        "refund_transfer_id": text(deduction.refunds.first().map(|refund| refund.id)),
    })
}

fn times(sale: &Sale, deduction: Option<&Deduction>) -> Value {
    let sold = sale.sold();
    let released = sold.and_then(|sold| match sold.step {
        Step::Released { at, .. } => Some(at),
        _ => None,
    });
    let undone = match &sale.stage {
        Stage::Voided(voided) => Some(voided.at),
        _ => deduction.and_then(|deduction| deduction.refunds.first()).map(|refund| refund.at),
    };
    let listed = deduction.and_then(|deduction| match deduction.state {
        State::BadListed { since, .. } => Some(since),
        _ => None,
    });
    json!({
        "create": sale.opened_at.as_millisecond(),
        "payer_scan": ms(sale.presented().map(|shown| shown.at)),
        "commit": ms(sold.map(|sold| sold.at)),
        "release": ms(released),
        "settle": ms(deduction.and_then(Deduction::settled_at)),
        "notice": deduction.and_then(Deduction::notice).and_then(|notice| notice.since_heard_ms),
        "listed": ms(listed),
        "undo": ms(undone),
        "not_before": ms(deduction.and_then(|deduction| deduction.asking.not_before)),
    })
}

/// What holds.json says of a sale that a sale of today keeps in its own way, or not at all.
pub fn forget_of_a_sale(expected: &mut Value) {
    let state = expected["state"].as_str().unwrap().to_owned();
    let fields = expected.as_object_mut().unwrap();
    // The first is for people, the second is in the requests; attention has a test of its own.
    for name in ["why", "start_request_id", "attention"] {
        fields.remove(name);
    }
    let is = |states: &[SaleState]| states.iter().any(|known| known.name() == state);
    if is(&[SaleState::Draft, SaleState::PayerOk]) || !fields.contains_key("receipt_no") {
        // Only while the ledger is asked.
        if !fields.contains_key("committing") {
            fields.remove("pending_transfer");
        }
    }
    // A notice belongs to BAD_PENDING, a listing to BAD_LISTED; what came after has neither.
    let times = fields["times_ms"].as_object_mut().unwrap();
    if !is(&[SaleState::BadPending]) {
        times.remove("notice");
    }
    if !is(&[SaleState::BadListed]) {
        times.remove("listed");
    }
    if !is(&[SaleState::BadPending]) {
        fields.remove("listing_needs_person");
    }
}

pub fn payer(view: &View, payer: &Payer) -> Result<Value> {
    let change = payer.change.as_ref();
    let daily = |count: crate::values::calendar::DailyCount| json!([text(count.day), count.sent.to_string()]);
    let warning = change.and_then(|change| change.warning.as_ref());
    Ok(told(&json!({
        "payer_id": payer.id.to_string(),
        "state": payer.state.name(),
        "listed": payer.listed,
        "name": payer.name,
        "phone": payer.phone.as_ref().unwrap().reveal(),
        "language": if payer.is_chinese() { "zh-CN" } else { "en" },
        "photo_bytes": view.photo(payer.id)?.len(),
        "code_serial": payer.code.serial,
        "valid_to": payer.code.valid_to.to_string(),
        "card_serial": payer.card.serial.to_string(),
        "rows_left": payer.card.burned.remaining().min(ROWS),
        "wrong_since_right": payer.wrong_since_right,
        "used_codes": payer.card.used.len(),
        "open_challenge_id": text(payer.open_challenge),
        "enrol_step": name(payer.papers),
        "mandate_id": payer.mandate.to_string(),
        "account_id": payer.account.to_string(),
        "approved_by": payer.approved_by,
        "changed_by": change.map(|change| change.by.clone()),
        "changed_with": change.map(|change| change.with.clone()),
        "change_ms": change.map(|change| change.at.as_millisecond()),
        "change_warning": warning.map_or_else(|| "UNSPECIFIED".into(), |warning| name(warning.state)),
        "unasked": daily(payer.unasked),
        "answers": daily(payer.answers),
        "not_before_ms": ms(payer.not_before),
    })))
}
