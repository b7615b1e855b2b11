//! How a sale leaves the counter: with the payer, or not at all.

use super::goods::must_be_tagged;
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::refusal::{Refusal, RefusalKind, Result};
use crate::domain::sale::{EvidencePolicy, EvidenceState, ReceiptState, Sale, SaleState};
use crate::grant::Grant;
use crate::saga;
use crate::store::{Rows, Tx};

/// Releases a sale whose receipt is on paper (I2).
pub fn release(
    tx: &mut Tx,
    shop_policy: EvidencePolicy,
    sale_id: &str,
    fact_id: &str,
    by_timeout: bool,
) -> Result<Sale> {
    let mut sale = tx.sale(sale_id)?;
    if !matches!(sale.state(), SaleState::Committed | SaleState::Printing) {
        sale.must_be(&[SaleState::Released, SaleState::Sealed, SaleState::Queued], "released")?;
        return Ok(sale);
    }
    if sale.receipt.state() != ReceiptState::Printed {
        let message = "the receipt is not known to be on paper; see the sale's attention";
        return Err(Refusal::new(RefusalKind::WrongState, "RECEIPT_NOT_PRINTED", message));
    }
    if sale.evidence_missing(shop_policy) {
        let message =
            "photo or video that the shop's policy asks for is missing; mend the camera or OverrideEvidence";
        return Err(Refusal::new(RefusalKind::WrongState, "EVIDENCE_MISSING", message));
    }
    sale.advance(SaleState::Released)?;
    sale.release_ms = tx.now_ms;
    sale.released_by_timeout = by_timeout;
    if matches!(sale.evidence.state(), EvidenceState::Sealed | EvidenceState::Partial) {
        saga::seal(tx, &mut sale, fact_id)?;
    } else {
        sale.stop_asked = true;
        tx.push(&Effect::new(EffectKind::StopRecording, sale_id))?;
    }
    let actor = if by_timeout { "system".to_owned() } else { sale.cashier.clone() };
    tx.put_sale(&actor, &sale)?;
    Ok(sale)
}

/// Before printing by the cashier; afterwards with Approval and the ORIGINAL back; after the release never. What is
/// printed all the same gets a void notice, see saga::printing::cancel.
pub fn void(
    tx: &mut Tx,
    sale_id: &str,
    grant: Option<Grant>,
    original_returned: bool,
    notice_job_id: String,
    if_tag: &str,
) -> Result<Sale> {
    let mut sale = tx.sale(sale_id)?;
    if sale.state() == SaleState::Voided {
        return Ok(sale);
    }
    must_be_tagged(&sale, if_tag)?;
    sale.must_be(
        &[SaleState::Draft, SaleState::PayerOk, SaleState::Committed, SaleState::Printing],
        "voided; refund it",
    )?;
    if sale.committing {
        return Err(Refusal::wrong_state("the sale is being committed; try again in a moment"));
    }
    if sale.state() == SaleState::Printing {
        must_be_taken_back(&sale, grant.is_some(), original_returned)?;
    }
    let actor = match grant {
        Some(grant) => grant.record(tx, sale_id)?,
        None => sale.cashier.clone(),
    };
    if sale.state().is_committed() {
        sale.stop_asked = true;
        sale.undo_job_id = notice_job_id;
        tx.push(&Effect::new(EffectKind::VoidTransfer, sale_id))?;
        tx.push(&Effect::new(EffectKind::StopRecording, sale_id))?;
        tx.push(&Effect::new(EffectKind::CancelReceipt, sale_id))?;
    }
    sale.undo_ms = tx.now_ms;
    sale.undo_by.clone_from(&actor);
    sale.advance(SaleState::Voided)?;
    tx.put_sale(&actor, &sale)?;
    Ok(sale)
}

/// PRINTING: bytes may leave for the printer at any moment, so a second person approves; paper that is out comes back.
fn must_be_taken_back(sale: &Sale, approved: bool, original_returned: bool) -> Result<()> {
    if !approved {
        let message = "printing has started: a supervisor must approve; send approval.actor and approval.pin";
        return Err(Refusal::new(RefusalKind::NotAllowed, "APPROVAL_REQUIRED", message));
    }
    let on_paper = matches!(
        sale.receipt.state(),
        ReceiptState::Printed | ReceiptState::Printing | ReceiptState::InDoubt
    );
    if on_paper && !original_returned {
        let remedy = "take the ORIGINAL back from the payer first";
        return Err(Refusal::field("original_returned", "WRONG_STATE", remedy));
    }
    Ok(())
}
