//! Money after COMMITTED: void, cash, refund, bad debt. Each is a transfer with an id fixed beforehand. An id that the
//! ledger refused is spent there, so a retry takes another, recorded first.

use std::sync::Arc;

use chit_proto::ledger::v1::{CreateTransfersRequest, Transfer, TransferKind};
use chit_proto::money::v1::Money;

use super::point::done;
use crate::collection::{Deduction, State};
use crate::context::Shop;
use crate::outbox::Effect;
use crate::peers::{Fault, peer};
use crate::store::Tx;
use crate::values::ids::{SaleId, TransferId};
use crate::values::refusal::{Refusal, Result};

type Done = std::result::Result<(), Fault>;

/// Releases the reserved amount: VOIDED, WRITTEN_OFF.
pub async fn void(shop: &Arc<Shop>, entry: u64, sale: SaleId) -> Done {
    let deduction = read(shop, sale).await?;
    apply(shop, entry, vec![resolve(&deduction, TransferKind::VoidPending, 0)]).await
}

/// A transfer of its own, linked by the sale's id; what was paid in cash is paid back in cash.
pub async fn refund(shop: &Arc<Shop>, entry: u64, sale: SaleId, id: TransferId) -> Done {
    let deduction = read(shop, sale).await?;
    let refund = deduction.refunds.iter().find(|refund| refund.id == id);
    let refund = refund.ok_or_else(|| Refusal::internal("a refund is not on its sale's record"))?;
    let account = if refund.in_cash { shop.house.cash.clone() } else { deduction.account.to_string() };
    let amount = refund.amount_minor;
    apply(shop, entry, vec![posted(&deduction, id, &shop.house.refunds, &account, amount)]).await
}

/// BAD_LISTED: the claim is posted and leaves the receivables for bad debt.
pub async fn move_to_bad_debt(shop: &Arc<Shop>, entry: u64, sale: SaleId, id: TransferId) -> Done {
    let deduction = read(shop, sale).await?;
    // Later cash clears the record and is no part of what was owed when it was listed.
    let owed = match deduction.state {
        State::Cleared => deduction.amount_minor - all_but_last_payment(&deduction),
        _ => deduction.owed_minor(),
    };
    let post = resolve(&deduction, TransferKind::PostPending, owed);
    let account = deduction.account.to_string();
    apply(shop, entry, vec![post, posted(&deduction, id, &shop.house.bad_debt, &account, owed)]).await
}

fn all_but_last_payment(deduction: &Deduction) -> i64 {
    deduction.paid_minor() - deduction.payments.last().map_or(0, |payment| payment.amount_minor)
}

/// Cash for an open claim. The last part posts what is left of it; a part before that is income of its own, and the
/// reservation stays.
pub async fn payment(shop: &Arc<Shop>, entry: u64, sale: SaleId, id: TransferId) -> Done {
    let deduction = read(shop, sale).await?;
    let at = deduction.payments.iter().position(|payment| payment.id == id);
    let at = at.ok_or_else(|| Refusal::internal("a payment is not on its sale's record"))?;
    let amount = deduction.payments[at].amount_minor;
    let cash = &shop.house.cash;
    let last = deduction.state == State::PaidOtherwise && at + 1 == deduction.payments.len();
    let transfers = if last {
        let post = resolve(&deduction, TransferKind::PostPending, amount);
        vec![post, posted(&deduction, id, cash, &deduction.account.to_string(), amount)]
    } else {
        vec![posted(&deduction, id, cash, &shop.house.sales, amount)]
    };
    apply(shop, entry, transfers).await
}

/// CLEARED: a listed debt was paid in cash.
pub async fn recovery(shop: &Arc<Shop>, entry: u64, sale: SaleId, id: TransferId) -> Done {
    let deduction = read(shop, sale).await?;
    let payment = deduction.payments.iter().find(|payment| payment.id == id);
    let amount = payment.map_or(deduction.amount_minor, |payment| payment.amount_minor);
    let (cash, bad_debt) = (&shop.house.cash, &shop.house.bad_debt);
    apply(shop, entry, vec![posted(&deduction, id, cash, bad_debt, amount)]).await
}

/// What resolves the pending transfer; an amount of 0 is all of it.
pub fn resolve(deduction: &Deduction, kind: TransferKind, amount_minor: i64) -> Transfer {
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

async fn read(shop: &Shop, sale: SaleId) -> Result<Deduction> {
    shop.store.read(move |view| view.deduction(sale)).await
}

async fn apply(shop: &Shop, entry: u64, transfers: Vec<Transfer>) -> Done {
    let request = CreateTransfersRequest { transfers, actor: "system".into() };
    peer!(shop.ledger.create_transfers(request)).await?;
    Ok(shop.store.write(move |tx| done(tx, entry)).await?)
}

/// Gives a refused effect other transfer ids: one on the sale's record that resolves the reservation, and `fresh` for the
/// transfer of its own.
pub fn renew(tx: &mut Tx, entry: u64, effect: Effect, fresh: TransferId) -> Result<Effect> {
    let (sale, resolves) = match &effect {
        Effect::VoidPending { sale } => (*sale, true),
        Effect::MoveToBadDebt { sale, .. } | Effect::PostPayment { sale, .. } => (*sale, true),
        Effect::PostRefund { sale, .. } | Effect::PostRecovery { sale, .. } => (*sale, false),
        _ => return Ok(effect),
    };
    let mut deduction = tx.deduction(sale)?;
    let renewed = match effect {
        Effect::PostRefund { refund, .. } => {
            for known in deduction.refunds.iter_mut().filter(|known| known.id == refund) {
                known.id = fresh;
            }
            Effect::PostRefund { sale, refund: fresh }
        }
        Effect::PostPayment { payment, .. } | Effect::PostRecovery { payment, .. } => {
            for known in deduction.payments.iter_mut().filter(|known| known.id == payment) {
                known.id = fresh;
            }
            match effect {
                Effect::PostPayment { .. } => Effect::PostPayment { sale, payment: fresh },
                _ => Effect::PostRecovery { sale, payment: fresh },
            }
        }
        Effect::MoveToBadDebt { .. } => Effect::MoveToBadDebt { sale, transfer: fresh },
        other => other,
    };
    if resolves {
        deduction.resolve = following(deduction.resolve, fresh);
    }
    tx.put_deduction("system", &deduction)?;
    tx.replace(entry, &renewed)?;
    Ok(renewed)
}

/// Another id made of two: as random as the newer one, and not equal to it.
pub fn following(spent: TransferId, fresh: TransferId) -> TransferId {
    let mixed = u128::from(fresh.0).wrapping_add(u128::from(spent.0) | 1);
    TransferId(ulid::Ulid::from_parts(fresh.0.timestamp_ms(), mixed))
}
