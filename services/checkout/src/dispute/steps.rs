//! How a dispute opens and ends. Each turn is witnessed by the ledger.

use super::case::{Cause, Dispute, DisputeState};
use crate::collection::{Deduction, Notice, RefundIds, State, Step, pay_back};
use crate::custody;
use crate::outbox::fact::FactKind;
use crate::recovery;
use crate::store::{Tx, View};
use crate::values::ids::DisputeId;
use crate::values::name::Named;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};

/// Nothing is open yet, and something was sold that is not paid back.
fn may_be_opened(view: &View, deduction: &Deduction) -> Result<()> {
    for known in &deduction.disputes {
        if view.dispute(*known)?.state == DisputeState::Open {
            let message = "a dispute about this sale is open already; resolve it first";
            return Err(Refusal::new(RefusalKind::WrongState, Reason::DISPUTE_OPEN, message));
        }
    }
    let over = matches!(deduction.state, State::Voided | State::WrittenOff | State::Expired);
    if over || !deduction.refunds.is_empty() || deduction.upheld.is_some() {
        let message = "nothing was sold or nothing is owed any more; there is nothing to dispute";
        return Err(Refusal::wrong_state(message));
    }
    Ok(())
}

/// Opens a dispute; what is not yet in a batch is not deducted meanwhile. The caller stores the deduction.
pub fn open(
    tx: &mut Tx,
    deduction: &mut Deduction,
    id: DisputeId,
    cause: Cause,
    actor: &str,
) -> Result<Dispute> {
    may_be_opened(tx, deduction)?;
    let dispute = Dispute {
        id,
        sale: deduction.sale,
        state: DisputeState::Open,
        cause,
        opened_by: actor.to_owned(),
        opened_at: tx.now,
        opened_heard_ms: tx.heard_ms(tx.now)?,
        resolved_by: None,
        resolved_at: None,
    };
    deduction.disputes.push(id);
    deduction.held = may_be_held(deduction.step());
    if deduction.state == State::Challenged {
        deduction.advance(State::Queued)?;
    }
    tx.put_dispute(actor, &dispute)?;
    custody::disputed(tx, dispute.sale, id)?;
    witness_turn(tx, &dispute, actor)?;
    Ok(dispute)
}

/// It comes back from the rail: a dispute that was opened meanwhile holds it now. The caller stores it.
pub fn hold_while_open(view: &View, deduction: &mut Deduction) -> Result<()> {
    for id in &deduction.disputes {
        if view.dispute(*id)?.state == DisputeState::Open {
            deduction.held = may_be_held(deduction.step());
        }
    }
    Ok(())
}

/// Not yet handed to the rail, and not yet on the deny list.
fn may_be_held(step: Step) -> bool {
    step.is_open() && !matches!(step, Step::Submitted | Step::Rejected)
}

/// `at_counter`: the payer has not left yet, so the sale is voided instead.
pub fn resolve(
    tx: &mut Tx,
    id: DisputeId,
    uphold: bool,
    actor: &str,
    at_counter: bool,
    ids: RefundIds,
) -> Result<Dispute> {
    let mut dispute = must_be_open(tx, id)?;
    let mut deduction = tx.deduction(dispute.sale)?;
    let was_listed = matches!(deduction.state, State::BadListed { .. });
    dispute.state = if uphold { DisputeState::Upheld } else { DisputeState::Dismissed };
    if uphold && at_counter {
        return Err(Refusal::wrong_state("the payer is still at the counter; void the sale"));
    } else if uphold {
        pay_back(tx, &mut deduction, actor, ids)?;
    } else if deduction.state == State::Rejected {
        // One last challenge although the code is frozen, then BAD_PENDING.
        deduction.advance(State::Queued)?;
        deduction.asking.last_round = true;
    } else {
        claim_again(&dispute, &mut deduction)?;
    }
    let dispute = close(tx, dispute, &mut deduction, actor)?;
    if was_listed && deduction.state == State::WrittenOff {
        recovery::remove_from_deny_list(tx, &deduction, actor)?;
    }
    Ok(dispute)
}

pub fn withdraw(tx: &mut Tx, id: DisputeId, actor: &str) -> Result<Dispute> {
    let mut dispute = must_be_open(tx, id)?;
    let mut deduction = tx.deduction(dispute.sale)?;
    dispute.state = DisputeState::Withdrawn;
    if deduction.state == State::Rejected {
        deduction.advance(State::Queued)?;
    }
    claim_again(&dispute, &mut deduction)?;
    close(tx, dispute, &mut deduction, actor)
}

/// What the payer took back at the bank is owed after all: they get notice how to pay it.
fn claim_again(dispute: &Dispute, deduction: &mut Deduction) -> Result<()> {
    if dispute.cause == Cause::RefundedAtBank && matches!(deduction.state, State::Returned(_)) {
        deduction.advance(State::BadPending(Notice::default()))?;
    }
    Ok(())
}

/// The deduction goes on. The objection paused the days before the deny list: they go on where they were.
fn close(tx: &mut Tx, mut dispute: Dispute, deduction: &mut Deduction, actor: &str) -> Result<Dispute> {
    dispute.resolved_by = Some(actor.to_owned());
    dispute.resolved_at = Some(tx.now);
    deduction.held = false;
    let heard = tx.heard_ms(tx.now)?;
    if let State::BadPending(notice) = &mut deduction.state {
        notice.since_heard_ms =
            notice.since_heard_ms.map(|since| since + (heard - since.max(dispute.opened_heard_ms)).max(0));
    }
    tx.put_deduction(actor, deduction)?;
    tx.put_dispute(actor, &dispute)?;
    custody::dispute_ended(tx, dispute.sale, dispute.id)?;
    witness_turn(tx, &dispute, actor)?;
    Ok(dispute)
}

fn must_be_open(tx: &Tx, id: DisputeId) -> Result<Dispute> {
    let dispute = tx.dispute(id)?;
    if dispute.state == DisputeState::Open {
        return Ok(dispute);
    }
    let message = "the dispute is closed; open a new one if there is news";
    Err(Refusal::new(RefusalKind::WrongState, Reason::DISPUTE_CLOSED, message))
}

/// The ledger witnesses each turn of a dispute.
fn witness_turn(tx: &mut Tx, dispute: &Dispute, actor: &str) -> Result<()> {
    let text = format!("{}/{}", dispute.id, dispute.state.name());
    tx.witness_once(FactKind::DisputeOutcome, dispute.sale.to_string(), &text, actor)
}
