//! What each money effect books in the ledger, from the sale's record as it stands.

use chit_proto::ledger::v1::{Transfer, TransferKind};
use chit_proto::money::v1::Money;

use crate::collection::{Deduction, State};
use crate::keys::House;
use crate::outbox::Effect;
use crate::sale::Sale;
use crate::values::ids::{AccountId, TransferId};
use crate::values::refusal::{Refusal, Result};

/// Together or not at all.
pub fn of(house: &House, effect: &Effect, deduction: &Deduction) -> Result<Vec<Transfer>> {
    match effect {
        // Releases the reserved amount: VOIDED, WRITTEN_OFF.
        Effect::VoidPending { .. } if deduction.is_posted() => Ok(vec![write_off(house, deduction)]),
        Effect::VoidPending { .. } => Ok(vec![resolve(deduction, TransferKind::VoidPending, 0)]),
        Effect::PostPayment { payment, .. } => payment_of(house, deduction, *payment),
        Effect::PostRecovery { payment, .. } => Ok(vec![recovery(house, deduction, *payment)]),
        Effect::MoveToBadDebt { transfer, .. } => Ok(bad_debt(house, deduction, *transfer)),
        Effect::PostRefund { refund, .. } => Ok(vec![refund_of(house, deduction, *refund)?]),
        other => Err(Refusal::internal(format!("{} books nothing", other.name()))),
    }
}

/// The amount of a sale that is being committed.
pub fn reservation(house: &House, sale: &Sale, id: TransferId, account: AccountId) -> Transfer {
    Transfer {
        transfer_id: id.to_string(),
        kind: TransferKind::Pending as i32,
        debit_account_id: account.to_string(),
        credit_account_id: house.sales.clone(),
        amount: Some(Money { amount_minor: sale.total_minor, currency_code: sale.currency.code().into() }),
        external_ref: sale.id.to_string(),
        ..Transfer::default()
    }
}

/// What a batch posts of one sale.
pub fn settlement(deduction: &Deduction) -> Transfer {
    resolve(deduction, TransferKind::PostPending, deduction.owed_minor())
}

/// Cash for an open claim. The last part posts what is left of it; a part before that is income of its own, and the
/// reservation stays.
fn payment_of(house: &House, deduction: &Deduction, id: TransferId) -> Result<Vec<Transfer>> {
    let at = deduction.payments.iter().position(|payment| payment.id == id);
    let at = at.ok_or_else(|| Refusal::internal("a payment is not on its sale's record"))?;
    let amount = deduction.payments[at].amount_minor;
    if deduction.is_posted() {
        return Ok(vec![posted(deduction, id, &house.cash, &house.bank_returned, amount)]);
    }
    let last = deduction.state == State::PaidOtherwise && at + 1 == deduction.payments.len();
    Ok(if last {
        let post = resolve(deduction, TransferKind::PostPending, amount);
        vec![post, posted(deduction, id, &house.cash, &deduction.account.to_string(), amount)]
    } else {
        vec![posted(deduction, id, &house.cash, &house.sales, amount)]
    })
}

/// CLEARED: a listed debt was paid in cash.
fn recovery(house: &House, deduction: &Deduction, id: TransferId) -> Transfer {
    let payment = deduction.payments.iter().find(|payment| payment.id == id);
    let amount = payment.map_or(deduction.amount_minor, |payment| payment.amount_minor);
    posted(deduction, id, &house.cash, &house.bad_debt, amount)
}

/// BAD_LISTED: the claim is posted and leaves the receivables for bad debt.
fn bad_debt(house: &House, deduction: &Deduction, id: TransferId) -> Vec<Transfer> {
    // Later cash clears the record and is no part of what was owed when it was listed.
    let owed = match deduction.state {
        State::Cleared => deduction.amount_minor - all_but_last_payment(deduction),
        _ => deduction.owed_minor(),
    };
    if deduction.is_posted() {
        return vec![posted(deduction, id, &house.bad_debt, &house.bank_returned, owed)];
    }
    let post = resolve(deduction, TransferKind::PostPending, owed);
    vec![post, posted(deduction, id, &house.bad_debt, &deduction.account.to_string(), owed)]
}

/// WRITTEN_OFF after the bank took the money back: the reservation was posted when it had come.
fn write_off(house: &House, deduction: &Deduction) -> Transfer {
    let (id, owed) = (deduction.resolve, deduction.owed_minor());
    posted(deduction, id, &house.refunds, &house.bank_returned, owed)
}

fn all_but_last_payment(deduction: &Deduction) -> i64 {
    deduction.paid_minor() - deduction.payments.last().map_or(0, |payment| payment.amount_minor)
}

/// A transfer of its own, linked by the sale's id; what was paid in cash is paid back in cash.
fn refund_of(house: &House, deduction: &Deduction, id: TransferId) -> Result<Transfer> {
    let refund = deduction.refunds.iter().find(|refund| refund.id == id);
    let refund = refund.ok_or_else(|| Refusal::internal("a refund is not on its sale's record"))?;
    let account = if refund.in_cash { house.cash.clone() } else { deduction.account.to_string() };
    Ok(posted(deduction, id, &house.refunds, &account, refund.amount_minor))
}

/// What resolves the pending transfer; an amount of 0 is all of it.
fn resolve(deduction: &Deduction, kind: TransferKind, amount_minor: i64) -> Transfer {
    let whole = amount_minor == deduction.amount_minor;
    Transfer {
        transfer_id: deduction.resolve.to_string(),
        kind: kind as i32,
        amount: money(deduction, if whole { 0 } else { amount_minor }),
        pending_transfer_id: deduction.pending.to_string(),
        external_ref: deduction.sale.to_string(),
        ..Transfer::default()
    }
}

fn posted(deduction: &Deduction, id: TransferId, debit: &str, credit: &str, amount_minor: i64) -> Transfer {
    Transfer {
        transfer_id: id.to_string(),
        kind: TransferKind::Posted as i32,
        debit_account_id: debit.to_owned(),
        credit_account_id: credit.to_owned(),
        amount: money(deduction, amount_minor),
        external_ref: deduction.sale.to_string(),
        ..Transfer::default()
    }
}

fn money(deduction: &Deduction, amount_minor: i64) -> Option<Money> {
    Some(Money { amount_minor, currency_code: deduction.currency.code().to_owned() })
}
