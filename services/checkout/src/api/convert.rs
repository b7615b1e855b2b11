//! Records as the interface shows them.

use chit_proto::checkout::v1;
use chit_proto::money::v1::Money;
use jiff::Timestamp;

use crate::collection::Subject;
use crate::dispute::Dispute;
use crate::outbox::message::Progress;
use crate::payer::Payer;
use crate::payer::record::CodeCare;
use crate::sale::basket::LineInput;
use crate::store::View;
use crate::values::name::Named;
use crate::values::refusal::Result;
use crate::verification::Challenge;

pub fn time(at: Timestamp) -> Option<prost_types::Timestamp> {
    Some(chit_runtime::clock::to_proto(at))
}

pub fn money(amount_minor: i64, currency_code: &str) -> Option<Money> {
    Some(Money { amount_minor, currency_code: currency_code.to_owned() })
}

pub fn line_input(line: v1::BasketLine) -> LineInput {
    LineInput {
        description: line.description,
        gtin: line.gtin,
        quantity_milli: line.quantity_milli,
        unit_price_minor: line.unit_price_minor,
        line_total_minor: line.total_minor,
        ..LineInput::default()
    }
}

pub fn id(id: Option<impl ToString>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

pub fn progress(progress: Progress) -> String {
    progress.name()
}

pub fn purpose(subject: Subject) -> String {
    match subject {
        Subject::Sent(purpose) => purpose.name(),
        Subject::Reply => "REPLY".into(),
    }
}

/// With the card's serial only for who may see it: whoever knows it can freeze the payer (`LOST <serial>`).
pub fn payer(payer: &Payer, with_serial: bool) -> v1::Payer {
    let change = payer.change.as_ref();
    let warning = change.and_then(|change| change.warning.as_ref());
    v1::Payer {
        payer_id: payer.id.to_string(),
        state: payer.state.into(),
        last4: payer.id.last4(),
        language: if payer.is_chinese() { "zh-CN".into() } else { "en".into() },
        code_serial: payer.code.serial.into(),
        card_serial: if with_serial { payer.card.serial.to_string() } else { String::new() },
        rows_left: payer.card.burned.remaining().into(),
        valid_to: payer.code.valid_to.to_string(),
        mandate_job_id: payer.mandate_job.to_string(),
        card_job_id: payer.card.job.to_string(),
        code_png_path: payer.code.png_path.clone(),
        challenge_id: id(payer.open_challenge),
        create_time: time(payer.enrolled_at),
        wrong_replies: payer.wrong_since_right.into(),
        change_time: change.and_then(|change| time(change.at)),
        change_approved_by: change
            .map(|change| vec![change.by.clone(), change.with.clone()])
            .unwrap_or_default(),
        no_sales_until: payer.no_sales_until().and_then(time),
        change_warning: warning.map_or(0, |warning| warning.state as i32),
        new_code_waits: payer.code_care == CodeCare::Renewed,
    }
}

pub fn challenge(view: &View, challenge: &Challenge, now: Timestamp) -> Result<v1::Challenge> {
    let ends = challenge.ends_heard_ms.map(|ends| view.when_heard(ends, now)).transpose()?;
    Ok(v1::Challenge {
        challenge_id: challenge.id.to_string(),
        payer_id: challenge.payer.to_string(),
        sale_ids: challenge.asks.sales().iter().map(ToString::to_string).collect(),
        row: challenge.row.get().into(),
        round: challenge.round.into(),
        state: challenge.state.into(),
        wrong_replies: challenge.wrong_tries.into(),
        message_id: challenge.message.to_string(),
        submit_time: challenge.submitted_at.and_then(time),
        expire_time: ends.and_then(time),
        delivered: challenge.delivered,
        forwarded: view.forwards_of(challenge.payer)?.iter().any(|forward| forward.asks(challenge.id)),
        issuer_verdict: challenge.verdict.clone(),
    })
}

pub fn dispute(dispute: &Dispute) -> v1::Dispute {
    v1::Dispute {
        dispute_id: dispute.id.to_string(),
        sale_id: dispute.sale.to_string(),
        state: dispute.state.into(),
        cause: dispute.cause as i32,
        opened_by: dispute.opened_by.clone(),
        resolved_by: dispute.resolved_by.clone().unwrap_or_default(),
        create_time: time(dispute.opened_at),
        resolve_time: dispute.resolved_at.and_then(time),
    }
}
