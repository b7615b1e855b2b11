//! How a sale leaves the counter: with the payer, or not at all.

use jiff::SignedDuration;

use super::goods::must_be_tagged;
use super::sale::{Commit, EvidencePolicy, ReceiptState, Sale, Sold, Stage, Step, Voided};
use super::stored::DRAFT_KEPT;
use crate::collection::{self, SealedEvidence};
use crate::outbox::Effect;
use crate::outbox::fact::{Fact, FactKind};
use crate::staff::Grant;
use crate::store::Tx;
use crate::values::ids::{FactId, JobId, SaleId};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};

/// Releases a sale whose receipt is on paper (I2).
pub fn release(
    tx: &mut Tx,
    policy: EvidencePolicy,
    id: SaleId,
    fact: FactId,
    by_timeout: bool,
    actor: &str,
) -> Result<Sale> {
    let mut sale = tx.sale(id)?;
    let missing = sale.evidence_missing(policy);
    let now = tx.now;
    let Stage::Sold(sold) = &mut sale.stage else { return Err(sale.cannot_be("released")) };
    if matches!(sold.step, Step::Released { .. }) {
        return Ok(sale);
    }
    if sold.receipt.state != ReceiptState::Printed {
        let message = "the receipt is not known to be on paper; see the sale's attention";
        return Err(Refusal::new(RefusalKind::WrongState, Reason::RECEIPT_NOT_PRINTED, message));
    }
    if missing {
        let message =
            "photo or video that the shop's policy asks for is missing; mend the camera or OverrideEvidence";
        return Err(Refusal::new(RefusalKind::WrongState, Reason::EVIDENCE_MISSING, message));
    }
    sold.step = Step::Released { at: now, by_timeout };
    if sold.evidence.state.is_sealed() {
        seal(tx, id, sold, fact)?;
    } else {
        sold.evidence.stop_asked = true;
        tx.push(&Effect::StopRecording { sale: id })?;
    }
    let actor = if by_timeout { "system" } else { actor };
    sale.touch(actor, now);
    tx.put_sale(actor, &sale)?;
    Ok(sale)
}

/// RELEASED and sealed: the ledger witnesses the manifest, and then the deduction is QUEUED.
pub fn seal(tx: &mut Tx, id: SaleId, sold: &Sold, fact: FactId) -> Result<()> {
    let fact = Fact {
        id: fact,
        kind: FactKind::EvidenceSealed,
        subject: id.to_string(),
        // A bundle of which nothing could be kept has no manifest; the ledger still says when that became known.
        sha256: sold.evidence.manifest_sha256.unwrap_or_default(),
        actor: "system".into(),
    };
    tx.witness(&fact, vec![id])
}

/// The ledger has witnessed the seal: the sale ends at the counter, and its deduction begins.
pub fn queue(tx: &mut Tx, id: SaleId) -> Result<()> {
    let mut deduction = tx.deduction(id)?;
    if deduction.step() != collection::Step::Forming {
        return Ok(());
    }
    deduction.evidence = tx.sale(id)?.sold().map(|sold| SealedEvidence {
        manifest_sha256: sold.evidence.manifest_sha256.unwrap_or_default(),
        whole: sold.evidence.is_whole(),
    });
    deduction.advance(collection::State::Queued)?;
    tx.put_deduction("system", &deduction)
}

/// What somebody says who voids a sale.
pub struct Void<'a> {
    pub grant: Option<Grant>,
    pub original_returned: bool,
    pub notice: JobId,
    pub if_tag: &'a str,
    pub actor: &'a str,
}

/// Before printing by the cashier; afterwards with Approval and the ORIGINAL back; after the release never. What is
/// printed all the same gets a void notice, see the effect CancelReceipt.
pub fn void(tx: &mut Tx, id: SaleId, void: Void<'_>) -> Result<Sale> {
    let mut sale = tx.sale(id)?;
    if sale.is_voided() {
        return Ok(sale);
    }
    must_be_tagged(&sale, void.if_tag)?;
    let (payer, sold) = match &sale.stage {
        Stage::PayerOk { commit: Commit::Asked(_), .. } => {
            return Err(Refusal::wrong_state("the sale is being committed; try again in a moment"));
        }
        Stage::PayerOk { payer, .. } => (Some(payer.clone()), None),
        Stage::Draft | Stage::Voided(_) => (None, None),
        Stage::Sold(sold) => {
            match sold.step {
                Step::Committed => {}
                Step::Printing => must_be_taken_back(sold, void.grant.is_some(), void.original_returned)?,
                Step::Released { .. } => return Err(sale.cannot_be("voided; refund it")),
            }
            (None, Some(sold.clone()))
        }
    };
    let actor = match void.grant {
        Some(grant) => grant.record(tx, id)?,
        None => void.actor.to_owned(),
    };
    let sold = match sold {
        Some(mut sold) => {
            sold.evidence.stop_asked = true;
            let mut deduction = tx.deduction(id)?;
            deduction.advance(collection::State::Voided)?;
            tx.put_deduction(&actor, &deduction)?;
            tx.push(&Effect::VoidPending { sale: id })?;
            tx.push(&Effect::StopRecording { sale: id })?;
            tx.push(&Effect::CancelReceipt { sale: id })?;
            Some(sold)
        }
        None => None,
    };
    let notice = sold.is_some().then_some(void.notice);
    sale.stage = Stage::Voided(Voided { at: tx.now, by: actor.clone(), notice, payer, sold });
    sale.touched_at = tx.now;
    tx.put_sale(&actor, &sale)?;
    Ok(sale)
}

/// PRINTING: bytes may leave for the printer at any moment, so a second person approves; paper that is out comes back.
fn must_be_taken_back(sold: &Sold, approved: bool, original_returned: bool) -> Result<()> {
    if !approved {
        let message = "printing has started: a supervisor must approve; send approval.actor and approval.pin";
        return Err(Refusal::new(RefusalKind::NotAllowed, Reason::APPROVAL_REQUIRED, message));
    }
    let on_paper =
        matches!(sold.receipt.state, ReceiptState::Printed | ReceiptState::Printing | ReceiptState::InDoubt);
    if on_paper && !original_returned {
        let remedy = "take the ORIGINAL back from the payer first";
        return Err(Refusal::field("original_returned", Reason::WRONG_STATE, remedy));
    }
    Ok(())
}

/// A basket that nobody touched for half a day was left behind: it ends by itself, nothing was sold.
pub fn give_up_draft(tx: &mut Tx, id: SaleId) -> Result<()> {
    let mut sale = tx.sale(id)?;
    let idle: SignedDuration = tx.now.duration_since(sale.touched_at);
    if sale.must_be_editable("").is_err() || idle < DRAFT_KEPT {
        return Ok(());
    }
    if sale.lines.is_empty() && tx.draft_of(&sale.lane)? == Some(id) {
        // The empty basket that a till keeps open over night is for the first customer of the morning.
        sale.touch("system", tx.now);
        return tx.put_sale("system", &sale);
    }
    let payer = sale.presented().cloned();
    sale.stage = Stage::Voided(Voided { at: tx.now, by: "system".into(), notice: None, payer, sold: None });
    tx.put_sale("system", &sale)
}

/// A supervisor takes the responsibility for missing evidence.
pub fn override_evidence(tx: &mut Tx, id: SaleId, grant: Grant) -> Result<Sale> {
    let mut sale = tx.sale(id)?;
    match &sale.stage {
        Stage::Sold(sold) if matches!(sold.step, Step::Committed | Step::Printing) => {}
        _ => return Err(sale.cannot_be("released without evidence")),
    }
    let approver = grant.record(tx, id)?;
    if let Some(sold) = sale.sold_mut() {
        sold.evidence.override_by = Some(approver.clone());
    }
    sale.touched_at = tx.now;
    tx.put_sale(&approver, &sale)?;
    Ok(sale)
}
