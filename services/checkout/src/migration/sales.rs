//! Sales: what the older program kept in one record is a sale at the counter now, and a deduction if it was committed.

use super::deductions;
use super::events;
use super::tables::Row;
use super::v2;
use super::work::{Import, numbered, optional, since};
use crate::collection::currency;
use crate::risk::RiskResult;
use crate::sale::state::SaleState;
use crate::sale::{
    Commit, Evidence, EvidenceState, LaidOut, Presented, Receipt, ReceiptState, Sale, ScanSource, Sold,
    SoldLine, Stage, Step, Voided, Witnessed,
};
use crate::store::records::{self, damaged};
use crate::values::ids::SaleId;
use crate::values::refusal::Result;
use crate::values::time;

pub fn sale(import: &mut Import<'_>, row: &Row) -> Result<()> {
    let (id, old): (SaleId, v2::Sale) = (row.id()?, row.record()?);
    let since = events::take_since(import.tx, id)?;
    import.tx.put_sale("system", &from_old(id, &old, &import.facts.lane)?)?;
    if is_committed(&old) {
        let deduction = deductions::from_old(import, id, &old, since.as_ref())?;
        import.tx.put_deduction("system", &deduction)?;
    }
    Ok(())
}

/// It has a receipt number, whatever became of it.
fn is_committed(old: &v2::Sale) -> bool {
    !old.receipt_no.is_empty()
}

fn from_old(id: SaleId, old: &v2::Sale, lane: &str) -> Result<Sale> {
    let line = |line: &v2::SoldLine| SoldLine {
        gtin: line.gtin.clone(),
        description: line.description.clone(),
        quantity_milli: line.quantity_milli,
        unit_price_minor: line.unit_price_minor,
        total_minor: line.total_minor,
    };
    let touched = old.create_ms.max(old.payer_scan_ms).max(old.commit_ms);
    let mut sale = Sale {
        id,
        till: old.till.clone(),
        lane: lane.to_owned(),
        cashier: old.cashier.clone(),
        currency: currency(&old.currency_code)?,
        opened_at: time::from_ms(old.create_ms),
        touched_at: time::from_ms(touched),
        traceparent: records::some_text(old.traceparent.clone()),
        lines: old.lines.iter().map(line).collect(),
        total_minor: old.total_minor,
        stage: stage(id, old)?,
        touched_by: vec![old.cashier.clone()],
    };
    // Who is not on the record any more is in the history.
    let touched_at = sale.touched_at;
    for person in [&old.evidence.override_by, &voided_by(old)].into_iter().filter(|person| !person.is_empty())
    {
        sale.touch(person, touched_at);
    }
    Ok(sale)
}

fn voided_by(old: &v2::Sale) -> String {
    if old.is(SaleState::Voided) { old.undo_by.clone() } else { String::new() }
}

fn stage(id: SaleId, old: &v2::Sale) -> Result<Stage> {
    let payer = presented(old)?;
    if old.is(SaleState::Draft) {
        return Ok(Stage::Draft);
    }
    if old.is(SaleState::PayerOk) {
        let commit = match (old.committing, old.commit_refusal.as_str()) {
            (true, _) => Commit::Asked(old.pending(id)?),
            (false, "") => Commit::NotAsked,
            (false, reason) => Commit::Refused(reason.to_owned()),
        };
        let payer = payer.ok_or_else(|| damaged("the sale has no payer"))?;
        return Ok(Stage::PayerOk { payer, commit });
    }
    let (payer, sold) = match (is_committed(old), payer) {
        (true, Some(payer)) => (None, Some(Box::new(sold(old, payer)?))),
        (true, None) => return Err(damaged("the sale was committed without a payer")),
        (false, payer) => (payer, None),
    };
    match sold {
        _ if old.is(SaleState::Voided) => Ok(Stage::Voided(Voided {
            at: time::from_ms(old.undo_ms),
            by: old.undo_by.clone(),
            notice: optional(&old.undo_job_id, "the job of the void notice")?,
            payer,
            sold,
        })),
        Some(sold) => Ok(Stage::Sold(sold)),
        None => Err(damaged("the sale has no receipt number")),
    }
}

fn presented(old: &v2::Sale) -> Result<Option<Presented>> {
    let Some(payer) = optional(&old.payer_id, "the payer")? else { return Ok(None) };
    let serial =
        u16::try_from(old.payer_code_serial).map_err(|_large| damaged("the code's serial is large"))?;
    Ok(Some(Presented {
        payer,
        source: ScanSource::ALL.into_iter().find(|source| *source as i32 == old.payer_scan_source),
        engine: old.payer_scan_engine.clone(),
        at: time::from_ms(old.payer_scan_ms),
        code_serial: Some(serial).filter(|serial| *serial > 0),
        foreign: false,
        risk: RiskResult::from_bits(old.risk_result),
        same_person: old.same_person,
    }))
}

fn sold(old: &v2::Sale, payer: Presented) -> Result<Sold> {
    Ok(Sold {
        payer,
        receipt_no: old.receipt_no.clone(),
        number: records::parsed(&old.short_no, "the sale's number")?,
        at: time::from_ms(old.commit_ms),
        step: step(old),
        receipt: receipt(&old.receipt)?,
        evidence: evidence(old)?,
        ledger: Witnessed {
            seq: old.ledger_seq,
            tree_size: old.ledger_tree_size,
            root: records::optional_fixed(&old.ledger_root)?,
        },
    })
}

fn step(old: &v2::Sale) -> Step {
    let counter = [SaleState::Committed, SaleState::Printing, SaleState::Voided];
    if !counter.into_iter().any(|state| old.is(state)) {
        let at = since(old.release_ms).unwrap_or_else(|| time::from_ms(old.commit_ms));
        Step::Released { at, by_timeout: old.released_by_timeout }
    } else if old.receipt.laid_out {
        Step::Printing
    } else {
        Step::Committed
    }
}

fn receipt(old: &v2::Receipt) -> Result<Receipt> {
    let photo_sha256 = records::optional_fixed(&old.photo_sha256)?;
    let laid_out = old.laid_out.then(|| LaidOut { signed_qr: old.signed_qr.clone(), photo_sha256 });
    Ok(Receipt {
        job: records::parsed(&old.job_id, "the receipt's job")?,
        state: numbered(&ReceiptState::ALL, |state| state as i32, old.state, "the receipt's state")?,
        confidence: old.confidence.clone(),
        original_may_exist: old.originals > 0,
        copies: old.copies,
        lookup_code: records::parsed(&old.lookup_code, "the look-up code")?,
        laid_out,
        fenced_at: since(old.fence_ms),
        last_byte_at: since(old.last_byte_ms),
        job_revision: old.job_revision,
    })
}

fn evidence(sale: &v2::Sale) -> Result<Evidence> {
    let old = &sale.evidence;
    Ok(Evidence {
        recording: records::parsed(&old.recording_id, "the recording")?,
        state: numbered(&EvidenceState::ALL, |state| state as i32, old.state, "the state of the evidence")?,
        partial_reasons: old.partial_reasons.clone(),
        photo_1_sha256: records::optional_fixed(&old.photo_1_sha256)?,
        photo_1_late: old.photo_1_late,
        photo_2_sha256: records::optional_fixed(&old.photo_2_sha256)?,
        manifest_sha256: records::optional_fixed(&old.manifest_sha256)?,
        goods_sha256: records::fixed(&old.goods_sha256)?,
        override_by: records::some_text(old.override_by.clone()),
        video_running: old.video_running,
        stop_asked: sale.stop_asked,
    })
}
