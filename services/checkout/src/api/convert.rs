//! Records as the interface shows them.

use chit_proto::checkout::v1;
use chit_proto::money::v1::Money;
use jiff::Timestamp;
use prost::Message;

use crate::counter;
use crate::dialogue::asking::bitmap_of;
use crate::domain::basket::LineInput;
use crate::domain::dialogue::Challenge;
use crate::domain::event::{Event, EventKind};
use crate::domain::people::Payer;
use crate::domain::refusal::{Refusal, Result};
use crate::domain::sale::{EvidencePolicy, ReceiptState, Sale, SaleState, SmsTrace};
use crate::domain::settlement::{Batch, Dispute};

pub fn time(ms: i64) -> Option<prost_types::Timestamp> {
    if ms == 0 {
        return None;
    }
    Timestamp::from_millisecond(ms).ok().map(chit_runtime::clock::to_proto)
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

pub fn sale(sale: &Sale, policy: EvidencePolicy) -> v1::Sale {
    v1::Sale {
        sale_id: sale.sale_id.clone(),
        receipt_no: sale.receipt_no.clone(),
        state: sale.state,
        till: sale.till.clone(),
        cashier: sale.cashier.clone(),
        lines: lines(sale),
        basket_tag: counter::tag_of(&sale.lines),
        total: money(sale.total_minor, &sale.currency_code),
        payer_id: sale.payer_id.clone(),
        payer_last4: sale.payer_last4.clone(),
        payer_scan_source: sale.payer_scan_source,
        payer_scan_engine: sale.payer_scan_engine.clone(),
        risk_result: sale.risk_result,
        same_person: sale.same_person,
        receipt: Some(receipt(sale)),
        evidence: Some(evidence(sale)),
        challenge_id: sale.challenge_id.clone(),
        rounds: sale.rounds,
        sms: sale.sms.iter().map(sms).collect(),
        settlement_batch_id: sale.settlement_batch_id.clone(),
        dispute_ids: sale.dispute_ids.clone(),
        attention: attention(sale, policy).into_iter().map(|item| item as i32).collect(),
        released_by_timeout: sale.released_by_timeout,
        create_time: time(sale.create_ms),
        commit_time: time(sale.commit_ms),
        release_time: time(sale.release_ms),
        settle_time: time(sale.settle_ms),
        scan_to_receipt_last_byte_ms: scan_to_last_byte(sale),
        ledger_seq: sale.ledger_seq,
        refund_transfer_id: sale.refund_transfer_id.clone(),
        far_refusal: sale.far_refusal.clone(),
    }
}

fn lines(sale: &Sale) -> Vec<v1::BasketLine> {
    let line = |line: &crate::domain::sale::SoldLine| v1::BasketLine {
        gtin: line.gtin.clone(),
        description: line.description.clone(),
        quantity_milli: line.quantity_milli,
        unit_price_minor: line.unit_price_minor,
        total_minor: line.total_minor,
    };
    sale.lines.iter().map(line).collect()
}

fn receipt(sale: &Sale) -> v1::Receipt {
    v1::Receipt {
        job_id: sale.receipt.job_id.clone(),
        state: sale.receipt.state,
        confidence: sale.receipt.confidence.clone(),
        originals: sale.receipt.originals,
        copies: sale.receipt.copies,
        lookup_code: sale.receipt.lookup_code.clone(),
    }
}

fn evidence(sale: &Sale) -> v1::Evidence {
    let evidence = &sale.evidence;
    v1::Evidence {
        recording_id: evidence.recording_id.clone(),
        state: evidence.state,
        partial_reasons: evidence.partial_reasons.clone(),
        photo_1_sha256: evidence.photo_1_sha256.clone(),
        photo_1_late: evidence.photo_1_late,
        photo_2_sha256: evidence.photo_2_sha256.clone(),
        manifest_sha256: evidence.manifest_sha256.clone(),
        goods_sha256: evidence.goods_sha256.clone(),
        override_by: evidence.override_by.clone(),
    }
}

fn sms(trace: &SmsTrace) -> v1::SmsTrace {
    v1::SmsTrace {
        message_id: trace.message_id.clone(),
        inbound: trace.inbound,
        state: trace.state.clone(),
        text_chars: trace.text_chars,
        encoding: trace.encoding.clone(),
        purpose: trace.purpose.clone(),
    }
}

fn scan_to_last_byte(sale: &Sale) -> u64 {
    if sale.payer_scan_ms == 0 || sale.receipt.last_byte_ms == 0 {
        return 0;
    }
    u64::try_from(sale.receipt.last_byte_ms - sale.payer_scan_ms).unwrap_or_default()
}

/// What a person must see to, most urgent first.
pub fn attention(sale: &Sale, policy: EvidencePolicy) -> Vec<v1::Attention> {
    let mut items = Vec::new();
    if matches!(sale.state(), SaleState::Committed | SaleState::Printing) {
        match sale.receipt.state() {
            ReceiptState::InDoubt => items.push(v1::Attention::PrintUnknown),
            ReceiptState::Blocked | ReceiptState::Failed => items.push(v1::Attention::PrintBlocked),
            ReceiptState::Printed if sale.evidence_missing(policy) => {
                items.push(v1::Attention::EvidenceMissing)
            }
            ReceiptState::Printed => items.push(v1::Attention::Release),
            _ => {}
        }
    }
    let asked = matches!(sale.state(), SaleState::Queued | SaleState::Challenged | SaleState::BadPending);
    let unknown = |trace: &SmsTrace| !trace.inbound && trace.purpose != "ANSWER" && trace.state == "UNKNOWN";
    if asked && sale.sms.iter().any(unknown) {
        items.push(v1::Attention::SmsUnknown);
    }
    if sale.state() == SaleState::Queued && !sale.dispatch_released && !sale.held_by_dispute {
        items.push(v1::Attention::Dispatch);
    }
    if sale.listing_needs_person {
        items.push(v1::Attention::Listing);
    }
    if sale.state() == SaleState::Unreachable {
        items.push(v1::Attention::Unreachable);
    }
    if !sale.far_refusal.is_empty() {
        items.push(v1::Attention::Stuck);
    }
    items
}

pub fn payer(payer: &Payer) -> v1::Payer {
    v1::Payer {
        payer_id: payer.payer_id.clone(),
        state: payer.state,
        last4: payer.last4(),
        language: payer.language.clone(),
        code_serial: payer.code_serial,
        card_serial: payer.card_serial.clone(),
        rows_left: bitmap_of(payer).map(|bitmap| u32::from(bitmap.remaining())).unwrap_or_default(),
        valid_to: payer.valid_to.clone(),
        mandate_job_id: payer.mandate_job_id.clone(),
        card_job_id: payer.card_job_id.clone(),
        code_png_path: payer.code_png_path.clone(),
        challenge_id: payer.open_challenge_id.clone(),
        create_time: time(payer.create_ms),
        wrong_replies: payer.wrong_since_right,
        change_time: time(payer.change_ms),
        change_approved_by: [&payer.changed_by, &payer.changed_with]
            .into_iter()
            .filter(|name| !name.is_empty())
            .cloned()
            .collect(),
        no_sales_until: payer.no_sales_until().map(chit_runtime::clock::to_proto),
        change_warning: payer.change_warning,
    }
}

pub fn challenge(challenge: &Challenge) -> v1::Challenge {
    v1::Challenge {
        challenge_id: challenge.challenge_id.clone(),
        payer_id: challenge.payer_id.clone(),
        sale_ids: challenge.sale_ids.clone(),
        row: challenge.row,
        round: challenge.round,
        state: challenge.state,
        wrong_replies: challenge.wrong_replies,
        message_id: challenge.message_id.clone(),
        submit_time: time(challenge.submit_ms),
        expire_time: time(challenge.expire_ms + challenge.paused_ms),
        delivered: challenge.delivered,
    }
}

pub fn batch(batch: &Batch) -> v1::SettlementBatch {
    v1::SettlementBatch {
        batch_id: batch.batch_id.clone(),
        state: batch.state,
        rail: batch.rail.clone(),
        sale_ids: batch.sale_ids.clone(),
        total: money(batch.total_minor, &batch.currency_code),
        create_time: time(batch.create_ms),
    }
}

pub fn dispute(dispute: &Dispute) -> v1::Dispute {
    v1::Dispute {
        dispute_id: dispute.dispute_id.clone(),
        sale_id: dispute.sale_id.clone(),
        state: dispute.state,
        cause: dispute.cause,
        opened_by: dispute.opened_by.clone(),
        resolved_by: dispute.resolved_by.clone(),
        create_time: time(dispute.create_ms),
        resolve_time: time(dispute.resolve_ms),
    }
}

pub fn event(event: Event, policy: EvidencePolicy) -> Result<v1::Event> {
    use v1::event::Resource;
    let resource = match event.kind() {
        EventKind::None => None,
        EventKind::Sale => Some(Resource::Sale(sale(&snapshot(&event)?, policy))),
        EventKind::Payer => Some(Resource::Payer(payer(&snapshot::<Payer>(&event)?))),
        EventKind::Challenge => Some(Resource::Challenge(challenge(&snapshot(&event)?))),
        EventKind::Batch => Some(Resource::SettlementBatch(batch(&snapshot(&event)?))),
        EventKind::Dispute => Some(Resource::Dispute(dispute(&snapshot(&event)?))),
        EventKind::Enquiry => Some(Resource::EnquirySaleId(event.subject_id.clone())),
    };
    Ok(v1::Event {
        revision: event.revision,
        actor: event.actor,
        time: time(event.time_ms),
        previous_hash: event.previous_hash,
        resource,
    })
}

fn snapshot<M: Message + Default>(event: &Event) -> Result<M> {
    M::decode(event.snapshot.as_slice())
        .map_err(|error| Refusal::internal(format!("a stored event is damaged: {error}")))
}
