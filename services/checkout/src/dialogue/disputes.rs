//! Disputes: opened by the payer's reply or in person, resolved by somebody else than the sale's cashier.

use chit_proto::ledger::v1::FactKind;

use super::witness::witness;
use super::{payment, rounds};
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::name::Named;
use crate::domain::refusal::{Refusal, RefusalKind, Result};
use crate::domain::sale::{Sale, SaleState};
use crate::domain::settlement::{Dispute, DisputeCause, DisputeState};
use crate::store::{Rows, Tx};

/// Opens a dispute; what is not yet in a batch is not deducted meanwhile. The caller stores the sale.
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
    must_be_disputable(sale)?;
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
    sale.held_by_dispute = may_be_held(sale.state());
    if sale.state() == SaleState::Challenged {
        sale.advance(SaleState::Queued)?;
    }
    tx.put_dispute(actor, &dispute)?;
    witness_turn(tx, &dispute, actor)?;
    Ok(dispute)
}

/// The payer objects at the counter: the sale also leaves the challenge that asks for it.
pub fn open_in_person(
    tx: &mut Tx,
    reference: &str,
    dispute_id: String,
    cause: DisputeCause,
    actor: &str,
) -> Result<Dispute> {
    let mut sale = tx.sale_by_reference(reference)?;
    let dispute = open(tx, &mut sale, dispute_id, cause, actor)?;
    tx.put_sale(actor, &sale)?;
    if !sale.challenge_id.is_empty() {
        let mut challenge = tx.challenge(&sale.challenge_id)?;
        let others: Result<Vec<Sale>> = challenge.sale_ids.iter().map(|id| tx.sale(id)).collect();
        let asks_on =
            others?.iter().any(|other| rounds::is_asked_by(other, &challenge) && !other.held_by_dispute);
        if challenge.state().is_running() && !asks_on {
            rounds::call_off(tx, &mut challenge, actor, 0)?;
        }
    }
    Ok(dispute)
}

fn must_be_disputable(sale: &Sale) -> Result<()> {
    let over = matches!(sale.state(), SaleState::Voided | SaleState::WrittenOff | SaleState::Expired);
    if !sale.state().is_committed() || over || !sale.refund_transfer_id.is_empty() {
        let message = "nothing was sold or nothing is owed any more; there is nothing to dispute";
        return Err(Refusal::wrong_state(message));
    }
    Ok(())
}

/// Not yet handed to the rail, and not yet on the deny list.
fn may_be_held(state: SaleState) -> bool {
    state.is_committed()
        && !state.is_final()
        && !matches!(state, SaleState::Submitted | SaleState::BadListed | SaleState::Rejected)
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
    if uphold {
        pay_back(tx, &mut sale, actor, fresh)?;
    } else if sale.state() == SaleState::Rejected {
        // One last challenge although the code is frozen, then BAD_PENDING.
        sale.advance(SaleState::Queued)?;
        sale.last_round = true;
    }
    close(tx, dispute, sale, actor)
}

pub fn withdraw(tx: &mut Tx, dispute_id: &str, actor: &str) -> Result<Dispute> {
    let mut dispute = must_be_open(tx, dispute_id)?;
    let mut sale = tx.sale(&dispute.sale_id)?;
    dispute.state = DisputeState::Withdrawn as i32;
    if sale.state() == SaleState::Rejected {
        sale.advance(SaleState::Queued)?;
    }
    close(tx, dispute, sale, actor)
}

/// The sale goes on. The objection paused the days before the deny list: they go on where they were.
fn close(tx: &mut Tx, mut dispute: Dispute, mut sale: Sale, actor: &str) -> Result<Dispute> {
    dispute.resolved_by = actor.to_owned();
    dispute.resolve_ms = tx.now_ms;
    sale.held_by_dispute = false;
    if sale.state() == SaleState::BadPending && sale.notice_ms > 0 {
        sale.notice_ms += (tx.now_ms - sale.notice_ms.max(dispute.create_ms)).max(0);
    }
    tx.put_sale(actor, &sale)?;
    if sale.state() == SaleState::WrittenOff && sale.listed_ms > 0 {
        payment::undeny(tx, &sale, actor)?;
    }
    tx.put_dispute(actor, &dispute)?;
    witness_turn(tx, &dispute, actor)?;
    Ok(dispute)
}

/// UPHELD: what was paid is refunded by a linked transfer, what was not is written off. A listed debt has left the
/// receivables already, so only the record ends.
fn pay_back(tx: &mut Tx, sale: &mut Sale, actor: &str, fresh: Fresh) -> Result<()> {
    match sale.state() {
        SaleState::Settled | SaleState::Submitted | SaleState::PaidOtherwise | SaleState::Cleared => {
            sale.undo_ms = tx.now_ms;
            sale.undo_by = actor.to_owned();
            sale.undo_job_id.clone_from(&fresh.job_id);
            sale.refund_transfer_id.clone_from(&fresh.transfer_id);
            tx.push(&Effect::with_far_id(EffectKind::Refund, &sale.sale_id, fresh.transfer_id))?;
            tx.push(&Effect::with_far_id(EffectKind::PrintNotice, &sale.sale_id, fresh.job_id))
        }
        SaleState::Committed | SaleState::Printing => {
            Err(Refusal::wrong_state("the payer is still at the counter; void the sale"))
        }
        SaleState::BadListed => sale.advance(SaleState::WrittenOff),
        _ => {
            sale.advance(SaleState::WrittenOff)?;
            tx.push(&Effect::new(EffectKind::VoidTransfer, &sale.sale_id))
        }
    }
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

/// The ledger witnesses each turn of a dispute.
fn witness_turn(tx: &mut Tx, dispute: &Dispute, actor: &str) -> Result<()> {
    let text = format!("{}/{}", dispute.dispute_id, dispute.state().name());
    witness(tx, FactKind::DisputeOutcome, &dispute.sale_id, &text, actor)
}
