//! Disputes: opened by the payer's reply or in person, resolved by somebody else than the sale's cashier.

use chit_proto::ledger::v1::FactKind;
use sha2::{Digest, Sha256};

use crate::domain::dialogue::OutFact;
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::name::Named;
use crate::domain::refusal::{Refusal, RefusalKind, Result};
use crate::domain::sale::{Sale, SaleState};
use crate::domain::settlement::{Dispute, DisputeCause, DisputeState};
use crate::store::{Rows, Tx};

/// Opens a dispute; what is not yet in a batch is not deducted meanwhile.
pub fn open(
    tx: &mut Tx,
    sale: &mut Sale,
    dispute_id: String,
    cause: DisputeCause,
    actor: &str,
) -> Result<Dispute> {
    for known in &sale.dispute_ids {
        if tx.dispute(known)?.state() == DisputeState::Open {
            return Err(Refusal::new(
                RefusalKind::WrongState,
                "DISPUTE_OPEN",
                "a dispute about this sale is open already; resolve it first",
            ));
        }
    }
    let dispute = Dispute {
        dispute_id: dispute_id.clone(),
        sale_id: sale.sale_id.clone(),
        state: DisputeState::Open as i32,
        cause: cause as i32,
        opened_by: actor.to_owned(),
        create_ms: tx.now_ms,
        ..Dispute::default()
    };
    sale.dispute_ids.push(dispute_id);
    if matches!(
        sale.state(),
        SaleState::Queued
            | SaleState::Challenged
            | SaleState::Verified
            | SaleState::Unreachable
            | SaleState::BadPending
    ) {
        sale.held_by_dispute = true;
    }
    tx.put_dispute(actor, &dispute)?;
    witness(tx, &dispute, actor)?;
    Ok(dispute)
}

/// Ids for what a resolution makes.
pub struct Fresh {
    pub transfer_id: String,
    pub job_id: String,
}

pub fn resolve(tx: &mut Tx, dispute_id: &str, uphold: bool, actor: &str, fresh: Fresh) -> Result<Dispute> {
    let mut dispute = must_be_open(tx, dispute_id)?;
    let mut sale = tx.sale(&dispute.sale_id)?;
    dispute.state = if uphold { DisputeState::Upheld } else { DisputeState::Dismissed } as i32;
    dispute.resolved_by = actor.to_owned();
    dispute.resolve_ms = tx.now_ms;
    sale.held_by_dispute = false;
    if uphold {
        pay_back(tx, &mut sale, fresh)?;
    } else if sale.state() == SaleState::Rejected {
        // One last challenge, then BAD_PENDING.
        sale.advance(SaleState::Queued)?;
        sale.last_round = true;
    } else if sale.state() == SaleState::Challenged {
        sale.advance(SaleState::Queued)?;
    }
    tx.put_sale(actor, &sale)?;
    tx.put_dispute(actor, &dispute)?;
    witness(tx, &dispute, actor)?;
    Ok(dispute)
}

/// UPHELD: what was paid is refunded by a linked transfer, what was not is written off.
fn pay_back(tx: &mut Tx, sale: &mut Sale, fresh: Fresh) -> Result<()> {
    if matches!(sale.state(), SaleState::Settled | SaleState::Submitted) {
        sale.refund_transfer_id.clone_from(&fresh.transfer_id);
        tx.push(&Effect::with_far_id(EffectKind::Refund, &sale.sale_id, fresh.transfer_id))?;
        return tx.push(&Effect::with_far_id(EffectKind::PrintNotice, &sale.sale_id, fresh.job_id));
    }
    if matches!(sale.state(), SaleState::BadListed) {
        return Err(Refusal::wrong_state("the sale is on the deny list; clear the record first"));
    }
    sale.advance(SaleState::WrittenOff)?;
    tx.push(&Effect::new(EffectKind::VoidTransfer, &sale.sale_id))
}

pub fn withdraw(tx: &mut Tx, dispute_id: &str, actor: &str) -> Result<Dispute> {
    let mut dispute = must_be_open(tx, dispute_id)?;
    let mut sale = tx.sale(&dispute.sale_id)?;
    dispute.state = DisputeState::Withdrawn as i32;
    dispute.resolved_by = actor.to_owned();
    dispute.resolve_ms = tx.now_ms;
    sale.held_by_dispute = false;
    if matches!(sale.state(), SaleState::Rejected | SaleState::Challenged) {
        sale.advance(SaleState::Queued)?;
    }
    tx.put_sale(actor, &sale)?;
    tx.put_dispute(actor, &dispute)?;
    witness(tx, &dispute, actor)?;
    Ok(dispute)
}

fn must_be_open(tx: &Tx, dispute_id: &str) -> Result<Dispute> {
    let dispute = tx.dispute(dispute_id)?;
    if dispute.state() == DisputeState::Open {
        return Ok(dispute);
    }
    Err(Refusal::new(
        RefusalKind::WrongState,
        "DISPUTE_CLOSED",
        "the dispute is closed; open a new one if there is news",
    ))
}

/// The ledger witnesses each turn of a dispute. The fact's id follows from dispute and state, so it is made once.
fn witness(tx: &mut Tx, dispute: &Dispute, actor: &str) -> Result<()> {
    let text = format!("{}/{}", dispute.dispute_id, dispute.state().name());
    let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    let fact = OutFact {
        fact_id: ulid::Ulid::from(u128::from_be_bytes(id)).to_string(),
        kind: FactKind::DisputeOutcome as i32,
        subject_id: dispute.sale_id.clone(),
        sha256: digest.to_vec(),
        actor: actor.to_owned(),
    };
    tx.put_fact(&fact)?;
    tx.push(&Effect::new(EffectKind::RecordFact, &fact.fact_id))
}
