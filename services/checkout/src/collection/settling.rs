//! Making a batch: every VERIFIED deduction that no dispute holds goes to the rail together (I9).

use iso_currency::Currency;

use super::batch::{Batch, BatchState};
use super::deduction::{Presentment, State};
use super::payments::pay_back_upheld;
use super::step::Step;
use crate::outbox::Effect;
use crate::store::Tx;
use crate::values::ids::{BatchId, SaleId};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};

/// Equal to the ledger's limit for transfers that post together.
const SALES_MAX: usize = 8000;
/// The embedded rail: house accounts in the ledger.
const RAIL_HOUSE: &str = "house";

pub fn submit(tx: &mut Tx, id: BatchId, actor: &str, currency: Currency) -> Result<Batch> {
    let mut deductions = tx.deductions(&tx.sales_in(Step::Verified, None, SALES_MAX)?)?;
    deductions.retain(|deduction| !deduction.held && deduction.parked.is_none());
    if deductions.is_empty() {
        let message = "no sale is VERIFIED and free of disputes; nothing to settle";
        return Err(Refusal::new(RefusalKind::WrongState, Reason::NOTHING_TO_SETTLE, message));
    }
    let total = deductions
        .iter()
        .try_fold(0_i64, |sum, deduction| sum.checked_add(deduction.owed_minor()))
        .ok_or_else(|| Refusal::internal("a batch is worth more than can be counted"))?;
    let batch = Batch {
        id,
        state: BatchState::Submitted,
        rail: RAIL_HOUSE.into(),
        sales: deductions.iter().map(|deduction| deduction.sale).collect(),
        total_minor: total,
        currency,
        created_at: tx.now,
        actor: actor.to_owned(),
    };
    for mut deduction in deductions {
        deduction.advance(State::Submitted)?;
        deduction.presentments.push(Presentment {
            id: deduction.resolve,
            batch: id,
            submitted_at: tx.now,
            settled_at: None,
            returned: None,
        });
        tx.put_deduction(actor, &deduction)?;
    }
    tx.put_batch(actor, &batch)?;
    tx.push(&Effect::PostBatch { batch: id })?;
    Ok(batch)
}

/// The rail has the money of these sales.
pub fn settled(tx: &mut Tx, id: BatchId) -> Result<()> {
    let batch = tx.batch(id)?;
    for sale in &batch.sales {
        let mut deduction = tx.deduction(*sale)?;
        if deduction.step() == Step::Submitted {
            deduction.advance(State::Settled)?;
            let now = tx.now;
            if let Some(presentment) = deduction.presentments.last_mut() {
                presentment.settled_at = Some(now);
            }
            pay_back_upheld(tx, &mut deduction)?;
            tx.put_deduction("system", &deduction)?;
        }
    }
    tx.put_batch("system", &Batch { state: BatchState::Settled, ..batch })
}

/// The ledger refuses to post this sale: it leaves the batch and waits for a person, so that the others go on. The id
/// that was refused is spent.
pub fn park(tx: &mut Tx, batch: &mut Batch, sale: SaleId, reason: &str) -> Result<()> {
    let mut deduction = tx.deduction(sale)?;
    if deduction.step() == Step::Submitted {
        deduction.advance(State::Verified)?;
        deduction.presentments.pop();
        batch.total_minor = batch.total_minor.saturating_sub(deduction.owed_minor());
        pay_back_upheld(tx, &mut deduction)?;
        deduction.parked = (deduction.step() == Step::Verified).then(|| reason.to_owned());
        tx.put_deduction("system", &deduction)?;
    }
    batch.sales.retain(|member| *member != sale);
    Ok(())
}
