//! BAD_PENDING → BAD_LISTED → CLEARED, EXPIRED or WRITTEN_OFF.

use jiff::SignedDuration;

use crate::collection::{Deduction, OBJECTION_MS, State};
use crate::outbox::Effect;
use crate::outbox::fact::FactKind;
use crate::payer::PayerState;
use crate::store::Tx;
use crate::values::ids::{SaleId, TransferId};
use crate::values::name::Named;
use crate::values::refusal::{Refusal, Result};

/// After the objection period by itself, or by a supervisor; weak evidence waits for the supervisor.
pub fn list(
    tx: &mut Tx,
    sale: SaleId,
    transfer: TransferId,
    kept_for: SignedDuration,
    by_supervisor: Option<&str>,
) -> Result<()> {
    let mut deduction = tx.deduction(sale)?;
    if by_supervisor.is_none() && !may_list_itself(tx, &mut deduction)? {
        return Ok(());
    }
    if deduction.held {
        return Err(Refusal::wrong_state("a dispute about the sale is open; resolve it first"));
    }
    let actor = by_supervisor.unwrap_or("system");
    deduction.advance(State::BadListed { since: tx.now, until: tx.now + kept_for })?;
    tx.put_deduction(actor, &deduction)?;
    let mut payer = tx.payer(deduction.payer)?;
    payer.deny();
    tx.put_payer(actor, &payer)?;
    witness_record(tx, &deduction, actor)?;
    tx.push(&Effect::MoveToBadDebt { sale, transfer })
}

fn may_list_itself(tx: &mut Tx, deduction: &mut Deduction) -> Result<bool> {
    let heard = tx.heard_ms(tx.now)?;
    let whole = deduction.evidence.is_some_and(|sealed| sealed.whole);
    let State::BadPending(notice) = &mut deduction.state else { return Ok(false) };
    let over = notice.since_heard_ms.is_some_and(|since| heard - since >= OBJECTION_MS);
    let locked = tx.payer(deduction.payer)?.state == PayerState::Locked;
    if !over || notice.needs_person || locked || deduction.held {
        return Ok(false);
    }
    if !whole {
        notice.needs_person = true;
        tx.put_deduction("system", deduction)?;
    }
    Ok(whole)
}

/// The years are over: the record is forgotten.
pub fn end(tx: &mut Tx, sale: SaleId) -> Result<()> {
    let mut deduction = tx.deduction(sale)?;
    match deduction.state {
        State::BadListed { until, .. } if until <= tx.now => {}
        _ => return Ok(()),
    }
    deduction.advance(State::Expired)?;
    tx.put_deduction("system", &deduction)?;
    remove_from_deny_list(tx, &deduction, "system")
}

/// The record of this sale has ended; the payer is on the deny list until none of theirs is left.
pub fn remove_from_deny_list(tx: &mut Tx, deduction: &Deduction, actor: &str) -> Result<()> {
    witness_record(tx, deduction, actor)?;
    let mut payer = tx.payer(deduction.payer)?;
    if payer.listed && !tx.has_bad_record(payer.id)? {
        payer.allow();
        tx.put_payer(actor, &payer)?;
    }
    Ok(())
}

/// The ledger witnesses that a bad record was listed, cleared, expired or written off. Each happens once a sale.
fn witness_record(tx: &mut Tx, deduction: &Deduction, actor: &str) -> Result<()> {
    let text = format!("{}/{}", deduction.sale, deduction.step().name());
    tx.witness_once(FactKind::BadRecord, deduction.sale.to_string(), &text, actor)
}
