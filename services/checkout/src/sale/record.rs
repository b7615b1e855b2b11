//! A sale and its record: the domain's types on one side, what the disk keeps on the other.

use super::sale::{
    Commit, Evidence, EvidenceState, LaidOut, Presented, Receipt, ReceiptState, Sale, ScanSource, Sold,
    SoldLine, Stage, Step, Voided, Witnessed,
};
use crate::collection::currency;
use crate::risk::RiskResult;
use crate::store::records::{self, damaged, sale as stored};
use crate::values::ids::{JobId, PayerId, SaleId, TransferId};
use crate::values::refusal::Result;
use crate::values::short_code::ReceiptCode;
use crate::values::time;

pub(super) fn to_record(sale: &Sale) -> stored::Sale {
    let line = |line: &SoldLine| stored::Line {
        gtin: line.gtin.clone(),
        description: line.description.clone(),
        quantity_milli: line.quantity_milli,
        unit_price_minor: line.unit_price_minor,
        total_minor: line.total_minor,
    };
    let mut record = stored::Sale {
        till: sale.till.clone(),
        lane: sale.lane.clone(),
        cashier: sale.cashier.clone(),
        lines: sale.lines.iter().map(line).collect(),
        total_minor: sale.total_minor,
        currency_code: sale.currency.code().to_owned(),
        opened_ms: sale.opened_at.as_millisecond(),
        touched_ms: sale.touched_at.as_millisecond(),
        traceparent: sale.traceparent.clone().unwrap_or_default(),
        touched_by: sale.touched_by.clone(),
        sold: sale.sold().map(sold_record),
        ..stored::Sale::default()
    };
    match &sale.stage {
        Stage::Draft => record.stage = 1,
        Stage::PayerOk { payer, commit } => {
            record.stage = 2;
            record.payer = Some(presented_record(payer));
            match commit {
                Commit::NotAsked => {}
                Commit::Asked(transfer) => record.reserving = transfer.to_bytes().to_vec(),
                Commit::Refused(reason) => record.ledger_refusal.clone_from(reason),
            }
        }
        Stage::Sold(sold) => {
            record.stage = 3;
            record.payer = Some(presented_record(&sold.payer));
        }
        Stage::Voided(voided) => {
            record.stage = 4;
            record.payer = sale.presented().map(presented_record);
            record.voided = Some(stored::Voided {
                at_ms: voided.at.as_millisecond(),
                by: voided.by.clone(),
                notice_job_id: records::bytes_of(voided.notice.map(JobId::to_bytes)),
            });
        }
    }
    record
}

fn presented_record(presented: &Presented) -> stored::Presented {
    stored::Presented {
        payer_id: presented.payer.0.to_vec(),
        source: presented.source.map_or(0, |source| source as u32),
        engine: presented.engine.clone(),
        at_ms: presented.at.as_millisecond(),
        code_serial: presented.code_serial.unwrap_or_default().into(),
        foreign: presented.foreign,
        risk: presented.risk.bits(),
        same_person: presented.same_person,
    }
}

fn sold_record(sold: &Sold) -> stored::Sold {
    let (step, released_at, by_timeout) = match sold.step {
        Step::Committed => (1, None, false),
        Step::Printing => (2, None, false),
        Step::Released { at, by_timeout } => (3, Some(at), by_timeout),
    };
    let bytes = |hash: Option<[u8; 32]>| hash.map(Vec::from).unwrap_or_default();
    let (receipt, evidence) = (&sold.receipt, &sold.evidence);
    stored::Sold {
        receipt_no: sold.receipt_no.clone(),
        committed_ms: sold.at.as_millisecond(),
        step,
        released_ms: records::optional_ms(released_at),
        released_by_timeout: by_timeout,
        receipt: stored::Receipt {
            job_id: receipt.job.to_bytes().to_vec(),
            state: receipt.state as u32,
            confidence: receipt.confidence.clone(),
            original_may_exist: receipt.original_may_exist,
            copies: receipt.copies,
            lookup_code: receipt.lookup_code.to_bytes().to_vec(),
            signed_qr: receipt.laid_out.as_ref().map(|laid| laid.signed_qr.clone()).unwrap_or_default(),
            photo_sha256: bytes(receipt.laid_out.as_ref().and_then(|laid| laid.photo_sha256)),
            fence_ms: records::optional_ms(receipt.fenced_at),
            last_byte_ms: records::optional_ms(receipt.last_byte_at),
            job_revision: receipt.job_revision,
        },
        evidence: stored::Evidence {
            recording_id: evidence.recording.to_bytes().to_vec(),
            state: evidence.state as u32,
            partial_reasons: evidence.partial_reasons.clone(),
            photo_1_sha256: bytes(evidence.photo_1_sha256),
            photo_1_late: evidence.photo_1_late,
            photo_2_sha256: bytes(evidence.photo_2_sha256),
            manifest_sha256: bytes(evidence.manifest_sha256),
            goods_sha256: evidence.goods_sha256.to_vec(),
            override_by: evidence.override_by.clone().unwrap_or_default(),
            video_running: evidence.video_running,
            stop_asked: evidence.stop_asked,
        },
        ledger_seq: sold.ledger.seq,
        ledger_root: bytes(sold.ledger.root),
        ledger_tree_size: sold.ledger.tree_size,
        number: sold.number.to_string(),
    }
}

pub(super) fn from_record(id: SaleId, record: stored::Sale) -> Result<Sale> {
    let line = |line: stored::Line| SoldLine {
        gtin: line.gtin,
        description: line.description,
        quantity_milli: line.quantity_milli,
        unit_price_minor: line.unit_price_minor,
        total_minor: line.total_minor,
    };
    let payer = record.payer.map(presented).transpose()?;
    let sold = record
        .sold
        .map(|sold| {
            let payer = payer.clone().ok_or_else(|| damaged("a sold sale has no payer"))?;
            self::sold(sold, payer).map(Box::new)
        })
        .transpose()?;
    let stage = match (record.stage, payer, sold) {
        (1, _, _) => Stage::Draft,
        (2, Some(payer), _) => {
            let asked: Option<TransferId> = records::optional_id(&record.reserving)?;
            let commit = match (asked, records::some_text(record.ledger_refusal)) {
                (Some(transfer), _) => Commit::Asked(transfer),
                (None, Some(reason)) => Commit::Refused(reason),
                (None, None) => Commit::NotAsked,
            };
            Stage::PayerOk { payer, commit }
        }
        (3, _, Some(sold)) => Stage::Sold(sold),
        (4, payer, sold) => {
            let voided = record.voided.ok_or_else(|| damaged("a voided sale does not say when"))?;
            Stage::Voided(Voided {
                at: time::from_ms(voided.at_ms),
                by: voided.by,
                notice: records::optional_id(&voided.notice_job_id)?,
                payer: if sold.is_some() { None } else { payer },
                sold,
            })
        }
        _ => return Err(damaged("a sale's stage is unknown")),
    };
    Ok(Sale {
        id,
        till: record.till,
        lane: record.lane,
        cashier: record.cashier,
        currency: currency(&record.currency_code)?,
        opened_at: time::from_ms(record.opened_ms),
        touched_at: time::from_ms(record.touched_ms),
        traceparent: records::some_text(record.traceparent),
        lines: record.lines.into_iter().map(line).collect(),
        total_minor: record.total_minor,
        stage,
        touched_by: record.touched_by,
    })
}

fn presented(record: stored::Presented) -> Result<Presented> {
    let serial = u16::try_from(record.code_serial).map_err(|_| damaged("a code's serial is large"))?;
    Ok(Presented {
        payer: PayerId(records::fixed(&record.payer_id)?),
        source: ScanSource::ALL.into_iter().find(|source| *source as u32 == record.source),
        engine: record.engine,
        at: time::from_ms(record.at_ms),
        code_serial: Some(serial).filter(|serial| *serial > 0),
        foreign: record.foreign,
        risk: RiskResult::from_bits(record.risk),
        same_person: record.same_person,
    })
}

fn sold(record: stored::Sold, payer: Presented) -> Result<Sold> {
    let step = match record.step {
        1 => Step::Committed,
        2 => Step::Printing,
        3 => Step::Released {
            at: time::from_ms(record.released_ms.unwrap_or_default()),
            by_timeout: record.released_by_timeout,
        },
        _ => return Err(damaged("a sale's step is unknown")),
    };
    Ok(Sold {
        payer,
        receipt_no: record.receipt_no,
        number: records::parsed(&record.number, "a sale number")?,
        at: time::from_ms(record.committed_ms),
        step,
        receipt: receipt(record.receipt)?,
        evidence: evidence(record.evidence)?,
        ledger: Witnessed {
            seq: record.ledger_seq,
            tree_size: record.ledger_tree_size,
            root: records::optional_fixed(&record.ledger_root)?,
        },
    })
}

fn receipt(record: stored::Receipt) -> Result<Receipt> {
    let state = ReceiptState::ALL.into_iter().find(|state| *state as u32 == record.state);
    let photo_sha256 = records::optional_fixed(&record.photo_sha256)?;
    Ok(Receipt {
        job: records::id(&record.job_id)?,
        state: state.ok_or_else(|| damaged("a receipt's state is unknown"))?,
        confidence: record.confidence,
        original_may_exist: record.original_may_exist,
        copies: record.copies,
        lookup_code: ReceiptCode::from_random(records::fixed(&record.lookup_code)?),
        laid_out: records::some_text(record.signed_qr).map(|signed_qr| LaidOut { signed_qr, photo_sha256 }),
        fenced_at: records::optional_time(record.fence_ms),
        last_byte_at: records::optional_time(record.last_byte_ms),
        job_revision: record.job_revision,
    })
}

fn evidence(record: stored::Evidence) -> Result<Evidence> {
    let state = EvidenceState::ALL.into_iter().find(|state| *state as u32 == record.state);
    Ok(Evidence {
        recording: records::id(&record.recording_id)?,
        state: state.ok_or_else(|| damaged("the state of evidence is unknown"))?,
        partial_reasons: record.partial_reasons,
        photo_1_sha256: records::optional_fixed(&record.photo_1_sha256)?,
        photo_1_late: record.photo_1_late,
        photo_2_sha256: records::optional_fixed(&record.photo_2_sha256)?,
        manifest_sha256: records::optional_fixed(&record.manifest_sha256)?,
        goods_sha256: records::fixed(&record.goods_sha256)?,
        override_by: records::some_text(record.override_by),
        video_running: record.video_running,
        stop_asked: record.stop_asked,
    })
}
