//! Making a batch: every VERIFIED deduction that no dispute holds and whose day has come goes to the rail together (I9).

use iso_currency::Currency;
use jiff::Timestamp;
use jiff::civil::Date;

use super::batch::{Batch, BatchState};
use super::deduction::{Deduction, State};
use super::exceptions::{self, ExceptionKind, Found};
use super::house::{self, Terms};
use super::payments::pay_back_upheld;
use super::presentment::Presentment;
use super::rail::{Admission, Rail};
use super::step::Step;
use crate::store::{Tx, View};
use crate::values::ids::{BatchId, PayerId, SaleId};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};

/// Equal to the ledger's limit for transfers that post together.
pub const SALES_MAX: usize = 8000;
/// Deductions looked at together.
const PAGE: usize = 500;

/// The payer confirmed it. Returns the day that they are told it is debited.
pub fn verify(
    view: &View,
    rail: &dyn Rail,
    deduction: &mut Deduction,
    now: Timestamp,
) -> Result<Option<Date>> {
    deduction.advance(State::Verified)?;
    deduction.debit_on = rail.announce(view, deduction, now)?;
    Ok(deduction.debit_on)
}

/// What a batch would take now.
#[derive(Default)]
pub struct Plan {
    /// With the day on which each is collected, where the rail has one.
    pub taken: Vec<(Deduction, Option<Date>)>,
    /// Whose day has not come, by that day.
    pub later: Vec<Date>,
    /// Whose payer has to do something first.
    pub hindered: Vec<(PayerId, ExceptionKind)>,
}

impl Plan {
    pub fn total_minor(&self) -> Result<i64> {
        self.taken
            .iter()
            .try_fold(0_i64, |sum, (deduction, _)| sum.checked_add(deduction.owed_minor()))
            .ok_or_else(|| Refusal::internal("a batch is worth more than can be counted"))
    }
}

/// Looks at all that is VERIFIED or to be presented again, until a batch is full.
pub fn plan(view: &View, rail: &dyn Rail, now: Timestamp) -> Result<Plan> {
    let mut plan = Plan::default();
    for step in [Step::Verified, Step::Returned] {
        let mut after = None;
        loop {
            let page = view.sales_in(step, after, PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some(*last);
            for deduction in view.deductions(&page)? {
                if deduction.held || deduction.parked.is_some() {
                    continue;
                }
                match rail.admit(view, &deduction, now)? {
                    Admission::Now(collect_on) => plan.taken.push((deduction, collect_on)),
                    Admission::Later(day) => plan.later.push(day),
                    Admission::Hindered(kind) => plan.hindered.push((deduction.payer, kind)),
                    Admission::No => {}
                }
                if plan.taken.len() == SALES_MAX {
                    return Ok(plan);
                }
            }
        }
    }
    Ok(plan)
}

pub fn nothing_to_settle() -> Refusal {
    let message = "no sale is VERIFIED, free of disputes and due; nothing to settle";
    Refusal::new(RefusalKind::WrongState, Reason::NOTHING_TO_SETTLE, message)
}

/// Makes a batch of what the rail takes now, and puts on the list what hinders the rest. `None`: there is nothing to take.
pub fn submit(
    tx: &mut Tx,
    rail: &dyn Rail,
    id: BatchId,
    actor: &str,
    currency: Currency,
) -> Result<Option<Batch>> {
    let plan = plan(tx, rail, tx.now)?;
    for (payer, kind) in &plan.hindered {
        exceptions::raise(tx, Found::of_payer(*kind, *payer))?;
    }
    if plan.taken.is_empty() {
        return Ok(None);
    }
    let batch = Batch {
        id,
        state: BatchState::Submitted,
        rail: rail.name().into(),
        sales: plan.taken.iter().map(|(deduction, _)| deduction.sale).collect(),
        total_minor: plan.total_minor()?,
        currency,
        created_at: tx.now,
        actor: actor.to_owned(),
    };
    rail.hand_over(tx, &batch, &plan.taken)?;
    for (mut deduction, collect_on) in plan.taken {
        let presentment = rail.presentment(id, &deduction);
        deduction.advance(State::Submitted)?;
        deduction.presentments.push(Presentment {
            id: presentment,
            batch: id,
            submitted_at: tx.now,
            amount_minor: deduction.owed_minor(),
            collect_on,
            accepted_at: None,
            settled_at: None,
            returned: None,
        });
        tx.put_deduction(actor, &deduction)?;
    }
    tx.put_batch(actor, &batch)?;
    Ok(Some(batch))
}

/// The ledger has posted these sales to their payers' accounts.
pub fn settled(tx: &mut Tx, id: BatchId, terms: &Terms) -> Result<()> {
    let batch = tx.batch(id)?;
    for sale in &batch.sales {
        let mut deduction = tx.deduction(*sale)?;
        if deduction.step() == Step::Submitted {
            deduction.advance(State::Settled)?;
            let now = tx.now;
            if let Some(presentment) = deduction.presentments.last_mut() {
                presentment.settled_at = Some(now);
            }
            house::charge(tx, &deduction, terms)?;
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
