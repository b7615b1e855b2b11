//! A sale with what stands around it, as it is shown.

use chit_proto::checkout::v1;

use super::convert::{id, money, progress, purpose, time};
use crate::collection::{self, Alphabet, Deduction, SmsTrace, Subject};
use crate::dispute::DisputeState;
use crate::payer::Payer;
use crate::sale::attention::{self, Around, Attention};
use crate::sale::{Evidence, EvidencePolicy, Receipt, Sale, Sold, SoldLine, Step, goods};
use crate::store::View;
use crate::values::ids::SaleId;
use crate::values::refusal::Result;
use crate::values::time::ms_between;

pub struct Shown {
    pub sale: Sale,
    pub deduction: Option<Deduction>,
    /// A dispute about it is open, whether or not it holds anything up.
    disputed: bool,
    /// Read where it says why nothing is asked.
    payer: Option<Payer>,
    /// Why another service refuses what comes next.
    pub refusal: Option<String>,
}

impl Shown {
    pub fn read(view: &View, id: SaleId) -> Result<Self> {
        Self::around(view, view.sale(id)?)
    }

    pub fn around(view: &View, sale: Sale) -> Result<Self> {
        let deduction = view.find_deduction(sale.id)?;
        let waits = |step| matches!(step, collection::Step::Queued | collection::Step::BadPending);
        let waiting = deduction.as_ref().filter(|deduction| waits(deduction.step()));
        let payer = waiting.map(|deduction| view.payer(deduction.payer)).transpose()?;
        let refusal = view.refusal_of(sale.id)?;
        let mut disputed = false;
        for id in deduction.iter().flat_map(|deduction| &deduction.disputes) {
            disputed |= view.dispute(*id)?.state == DisputeState::Open;
        }
        Ok(Self { sale, deduction, disputed, payer, refusal })
    }

    pub fn attention(&self, policy: EvidencePolicy) -> Vec<Attention> {
        let around = Around {
            deduction: self.deduction.as_ref(),
            payer: self.payer.as_ref(),
            disputed: self.disputed,
            refused: self.refusal.is_some(),
        };
        attention::of(&self.sale, around, policy)
    }

    pub fn to_proto(&self, policy: EvidencePolicy) -> v1::Sale {
        let (sale, deduction) = (&self.sale, self.deduction.as_ref());
        let (sold, presented) = (sale.sold(), sale.presented());
        let released = sold.and_then(|sold| match sold.step {
            Step::Released { at, by_timeout } => Some((at, by_timeout)),
            _ => None,
        });
        let presentment = deduction.and_then(|deduction| deduction.presentment());
        let parked = deduction.and_then(|deduction| deduction.parked.clone());
        v1::Sale {
            sale_id: sale.id.to_string(),
            receipt_no: sold.map(|sold| sold.receipt_no.clone()).unwrap_or_default(),
            state: sale.state(deduction).into(),
            till: sale.till.clone(),
            lane: sale.lane.clone(),
            cashier: sale.cashier.clone(),
            lines: lines(sale),
            basket_tag: goods::tag_of(&sale.lines),
            total: money(sale.total_minor, sale.currency.code()),
            owed: deduction.and_then(|deduction| money(deduction.owed_minor(), sale.currency.code())),
            payer_id: presented.map(|payer| payer.payer.to_string()).unwrap_or_default(),
            payer_last4: presented.map(|payer| payer.payer.last4()).unwrap_or_default(),
            payer_scan_source: presented.and_then(|payer| payer.source).map_or(0, |source| source as i32),
            payer_scan_engine: presented.map(|payer| payer.engine.clone()).unwrap_or_default(),
            risk_result: presented.map_or(0, |payer| payer.risk.bits()),
            same_person: presented.and_then(|payer| payer.same_person),
            receipt: Some(sold.map(|sold| receipt(&sold.receipt)).unwrap_or_default()),
            evidence: Some(sold.map(|sold| evidence(&sold.evidence)).unwrap_or_default()),
            challenge_id: id(deduction.and_then(|deduction| deduction.asking.challenge)),
            rounds: deduction.map_or(0, |deduction| deduction.asking.rounds.into()),
            sms: deduction.map(|deduction| deduction.sms.iter().map(sms).collect()).unwrap_or_default(),
            settlement_batch_id: id(presentment.map(|presentment| presentment.batch)),
            dispute_ids: deduction
                .map(|deduction| deduction.disputes.iter().map(ToString::to_string).collect())
                .unwrap_or_default(),
            attention: self.attention(policy).into_iter().map(|item| item as i32).collect(),
            released_by_timeout: released.is_some_and(|(_, by_timeout)| by_timeout),
            create_time: time(sale.opened_at),
            commit_time: sold.and_then(|sold| time(sold.at)),
            release_time: released.and_then(|(at, _)| time(at)),
            settle_time: deduction.and_then(|deduction| deduction.settled_at()).and_then(time),
            scan_to_receipt_last_byte_ms: sold.map_or(0, scan_to_last_byte),
            ledger_seq: sold.map_or(0, |sold| sold.ledger.seq),
            refund_transfer_id: id(deduction.and_then(|deduction| deduction.refunds.first()).map(|r| r.id)),
            far_refusal: self.refusal.clone().or(parked).unwrap_or_default(),
        }
    }
}

/// The sale as the interface shows it now.
pub fn sale(view: &View, id: SaleId, policy: EvidencePolicy) -> Result<Option<v1::Sale>> {
    Ok(Some(Shown::read(view, id)?.to_proto(policy)))
}

fn lines(sale: &Sale) -> Vec<v1::BasketLine> {
    let line = |line: &SoldLine| v1::BasketLine {
        gtin: line.gtin.clone(),
        description: line.description.clone(),
        quantity_milli: line.quantity_milli,
        unit_price_minor: line.unit_price_minor,
        total_minor: line.total_minor,
    };
    sale.lines.iter().map(line).collect()
}

fn receipt(receipt: &Receipt) -> v1::Receipt {
    v1::Receipt {
        job_id: receipt.job.to_string(),
        state: receipt.state as i32,
        confidence: receipt.confidence.clone(),
        originals: u32::from(receipt.original_may_exist),
        copies: receipt.copies,
        lookup_code: receipt.lookup_code.to_string(),
    }
}

fn evidence(evidence: &Evidence) -> v1::Evidence {
    let bytes = |hash: Option<[u8; 32]>| hash.map(Vec::from).unwrap_or_default();
    v1::Evidence {
        recording_id: evidence.recording.to_string(),
        state: evidence.state as i32,
        partial_reasons: evidence.partial_reasons.clone(),
        photo_1_sha256: bytes(evidence.photo_1_sha256),
        photo_1_late: evidence.photo_1_late,
        photo_2_sha256: bytes(evidence.photo_2_sha256),
        manifest_sha256: bytes(evidence.manifest_sha256),
        goods_sha256: evidence.goods_sha256.to_vec(),
        override_by: evidence.override_by.clone().unwrap_or_default(),
    }
}

fn sms(trace: &SmsTrace) -> v1::SmsTrace {
    v1::SmsTrace {
        message_id: trace.id.to_string(),
        inbound: trace.subject == Subject::Reply,
        state: progress(trace.progress),
        text_chars: trace.text_chars,
        encoding: match trace.alphabet {
            Alphabet::Unknown => "UNSPECIFIED".into(),
            Alphabet::Gsm7 => "GSM7".into(),
            Alphabet::Ucs2 => "UCS2".into(),
            Alphabet::Octets => "8BIT".into(),
        },
        purpose: purpose(trace.subject),
    }
}

fn scan_to_last_byte(sold: &Sold) -> u64 {
    let last_byte = sold.receipt.last_byte_at;
    last_byte.map_or(0, |at| u64::try_from(ms_between(sold.payer.at, at)).unwrap_or_default())
}
