//! What ends a challenge from outside: cash at the counter, or a dispute in person.

use super::challenge::ChallengeState;
use super::rounds;
use crate::collection::{self, Deduction, Paid};
use crate::dispute::{self, Cause, Dispute};
use crate::recovery;
use crate::store::Tx;
use crate::values::ids::{DisputeId, SaleId, TransferId};
use crate::values::refusal::Result;

/// The payer pays in cash, all that is owed or a part: the text of the open challenge no longer states what is owed.
pub fn paid_in_cash(
    tx: &mut Tx,
    sale: SaleId,
    amount_minor: Option<i64>,
    actor: &str,
    id: TransferId,
) -> Result<Deduction> {
    let (deduction, paid) = collection::pay_in_cash(tx, sale, amount_minor, actor, id)?;
    match paid {
        Paid::Record => recovery::remove_from_deny_list(tx, &deduction, actor)?,
        Paid::Part | Paid::Whole => call_off_running(tx, &deduction, actor)?,
    }
    tx.deduction(sale)
}

fn call_off_running(tx: &mut Tx, deduction: &Deduction, actor: &str) -> Result<()> {
    let Some(id) = deduction.asking.challenge else { return Ok(()) };
    let mut challenge = tx.challenge(id)?;
    if challenge.state.is_running() {
        rounds::call_off(tx, &mut challenge, actor, None)?;
    }
    Ok(())
}

/// The payer objects at the counter: the sale also leaves the challenge that asks for it.
pub fn disputed_in_person(
    tx: &mut Tx,
    sale: SaleId,
    id: DisputeId,
    cause: Cause,
    actor: &str,
) -> Result<Dispute> {
    let mut deduction = tx.deduction(sale)?;
    let dispute = dispute::open(tx, &mut deduction, id, cause, actor)?;
    tx.put_deduction(actor, &deduction)?;
    if let Some(id) = deduction.asking.challenge {
        let mut challenge = tx.challenge(id)?;
        let others = tx.deductions(challenge.asks.sales())?;
        let asks_on = others.iter().any(|other| other.is_asked_by(id) && !other.held);
        if challenge.state.is_running() && !asks_on {
            rounds::call_off(tx, &mut challenge, actor, None)?;
        }
    }
    Ok(dispute)
}

/// A challenge belongs to the phone it was sent to and to the card whose row it names: with another one, no code answers
/// it any more, late or not.
pub fn all_of(tx: &mut Tx, payer: crate::values::ids::PayerId, actor: &str) -> Result<()> {
    for mut challenge in tx.challenges_of(payer)? {
        if challenge.state.is_running() {
            rounds::call_off(tx, &mut challenge, actor, None)?;
        } else if challenge.state == ChallengeState::Expired {
            challenge.state = ChallengeState::Cancelled;
            tx.put_challenge(actor, &challenge)?;
        }
    }
    Ok(())
}
