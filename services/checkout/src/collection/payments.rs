//! Cash that comes, and money that goes back.

use super::deduction::{Deduction, Payment, Refund, RefundIds, State, Upheld};
use super::exceptions::{self, ExceptionKind};
use super::house;
use crate::outbox::Effect;
use crate::store::Tx;
use crate::values::ids::{JobId, SaleId, TransferId};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result};

/// What a payment in cash did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Paid {
    /// A part: what is left is asked for anew.
    Part,
    Whole,
    /// A listed debt: the record of it ends.
    Record,
}

/// The payer pays `amount_minor`, or with `None` all that is owed. The caller calls off the challenge, whose text no
/// longer states what is owed (I9), and ends the bad record.
pub fn pay_in_cash(
    tx: &mut Tx,
    sale: SaleId,
    amount_minor: Option<i64>,
    actor: &str,
    id: TransferId,
) -> Result<(Deduction, Paid)> {
    let mut deduction = tx.deduction(sale)?;
    let owed = deduction.owed_minor();
    let amount = amount_minor.unwrap_or(owed);
    if !(1..=owed).contains(&amount) {
        let remedy = format!("give 1 to {owed} minor units: no more is owed for this sale");
        return Err(Refusal::field("amount.amount_minor", Reason::AMOUNT_NEGATIVE, remedy));
    }
    let listed = matches!(deduction.state, State::BadListed { .. });
    let paid = match (listed, amount == owed) {
        (true, true) => Paid::Record,
        (true, false) => {
            let remedy = "a listed debt is cleared by the whole sum; take all of it";
            return Err(Refusal::field("amount.amount_minor", Reason::WRONG_STATE, remedy));
        }
        (false, true) => Paid::Whole,
        (false, false) => Paid::Part,
    };
    match paid {
        Paid::Record => deduction.advance(State::Cleared)?,
        Paid::Whole => deduction.advance(State::PaidOtherwise)?,
        // What may be paid whole may be paid in part.
        Paid::Part => deduction.clone().advance(State::PaidOtherwise)?,
    }
    deduction.payments.push(Payment { id, amount_minor: amount, at: tx.now, by: actor.to_owned() });
    deduction.parked = None;
    tx.put_deduction(actor, &deduction)?;
    if paid == Paid::Whole {
        exceptions::close_of_sale(tx, ExceptionKind::ReturnedForPerson, sale, actor, "paid in cash")?;
    }
    tx.push(&match paid {
        Paid::Record => Effect::PostRecovery { sale, payment: id },
        Paid::Part | Paid::Whole => Effect::PostPayment { sale, payment: id },
    })?;
    Ok((deduction, paid))
}

/// An objection is right: what was paid is refunded by linked transfers, what was not is written off. A listed debt has
/// left the receivables already, so its record ends, and parts paid before go back. The caller stores the deduction.
pub fn pay_back(tx: &mut Tx, deduction: &mut Deduction, actor: &str, ids: RefundIds) -> Result<()> {
    match deduction.state {
        // Nobody knows yet whether the money came.
        State::Submitted => {
            deduction.upheld = Some(Upheld { by: actor.to_owned(), ids });
            Ok(())
        }
        State::Settled => {
            let by_rail = deduction.owed_minor();
            refund(tx, deduction, actor, (ids.by_rail, by_rail, false), ids.notice)?;
            let in_cash = deduction.paid_minor();
            refund(tx, deduction, actor, (ids.in_cash, in_cash, true), ids.notice)
        }
        State::PaidOtherwise | State::Cleared => {
            let in_cash = deduction.paid_minor();
            refund(tx, deduction, actor, (ids.in_cash, in_cash, true), ids.notice)
        }
        State::BadListed { .. } => {
            deduction.advance(State::WrittenOff)?;
            let in_cash = deduction.paid_minor();
            refund(tx, deduction, actor, (ids.in_cash, in_cash, true), ids.notice)
        }
        _ => {
            deduction.advance(State::WrittenOff)?;
            tx.push(&Effect::VoidPending { sale: deduction.sale })?;
            let in_cash = deduction.paid_minor();
            refund(tx, deduction, actor, (ids.in_cash, in_cash, true), ids.notice)
        }
    }
}

/// The batch's end is known: what was upheld meanwhile is paid back, or written off if no money came. The caller stores
/// the deduction.
pub fn pay_back_upheld(tx: &mut Tx, deduction: &mut Deduction) -> Result<()> {
    match deduction.upheld.take() {
        Some(upheld) => pay_back(tx, deduction, &upheld.by, upheld.ids),
        None => Ok(()),
    }
}

/// A transfer of its own, and a paper for the payer.
fn refund(
    tx: &mut Tx,
    deduction: &mut Deduction,
    actor: &str,
    (id, amount_minor, in_cash): (TransferId, i64, bool),
    notice: JobId,
) -> Result<()> {
    if amount_minor <= 0 {
        return Ok(());
    }
    let first = deduction.refunds.is_empty();
    let notice = first.then_some(notice);
    let (at, by) = (tx.now, actor.to_owned());
    deduction.refunds.push(Refund { id, amount_minor, at, by, notice, in_cash });
    if !in_cash {
        house::refund(tx, deduction, amount_minor, actor)?;
    }
    tx.push(&Effect::PostRefund { sale: deduction.sale, refund: id })?;
    if let Some(job) = notice {
        tx.push(&Effect::PrintNotice { sale: deduction.sale, job })?;
    }
    Ok(())
}
