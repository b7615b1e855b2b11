//! Money after COMMITTED: void, cash, refund, bad debt. Each is a transfer with an id fixed beforehand. An id that the
//! ledger refused is spent there, so a retry takes another, recorded first.

use std::sync::Arc;

use chit_proto::ledger::v1::CreateTransfersRequest;

use super::bookings;
use super::point::done;
use crate::collection::filed::Filed;
use crate::collection::house;
use crate::collection::posting::Posting;
use crate::context::Shop;
use crate::outbox::Effect;
use crate::peers::{Fault, peer};
use crate::store::Tx;
use crate::values::ids::{SaleId, TransferId};
use crate::values::refusal::Result;

type Done = std::result::Result<(), Fault>;

/// Tells the ledger what a money effect books, once: the ids are on the sale's record.
pub async fn book(shop: &Arc<Shop>, entry: u64, effect: &Effect, sale: SaleId) -> Done {
    let deduction = shop.store.read(move |view| view.deduction(sale)).await?;
    let transfers = bookings::of(&shop.house, effect, &deduction)?;
    let request = CreateTransfersRequest { transfers, actor: "system".into() };
    peer!(shop.ledger.create_transfers(request)).await?;
    Ok(shop.store.write(move |tx| done(tx, entry)).await?)
}

/// Gives a refused effect other transfer ids: one on the sale's record that resolves the reservation, and `fresh` for the
/// transfer of its own.
pub fn renew(tx: &mut Tx, entry: u64, effect: Effect, fresh: TransferId) -> Result<Effect> {
    match effect {
        Effect::PostHouseCash { payer, entry } => {
            house::renew_cash(tx, payer, entry, fresh)?;
            return Ok(effect);
        }
        Effect::HoldAside { batch } => {
            let filed = tx.filed(batch)?;
            tx.put_filed(&Filed { salt: fresh, ..filed });
            return Ok(effect);
        }
        Effect::BookAside { posting } => {
            let posting = tx.posting(posting)?;
            tx.put_posting(&Posting { salt: fresh, ..posting });
            return Ok(effect);
        }
        _ => {}
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_that_follows_is_new_whatever_was_spent_and_the_same_each_time() {
        let fresh = TransferId(ulid::Ulid::from_parts(1_764_000_000_000, 77));
        for spent in
            [0, 1, 2, 3, u128::MAX >> 48, u128::MAX - 1, u128::MAX].map(|id| TransferId(ulid::Ulid(id)))
        {
            let next = following(spent, fresh);
            assert!(next != fresh && next != spent, "{spent:?}");
            assert_eq!(next, following(spent, fresh));
            assert_eq!(next.0.timestamp_ms(), fresh.0.timestamp_ms());
        }
    }
}
