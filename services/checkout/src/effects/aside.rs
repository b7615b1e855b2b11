//! What the ledger refuses to book about the bank goes aside, into a lane of its own, and the later ones go on. It is tried
//! again there for as long as it is refused; an exception tells people why.

use std::sync::Arc;

use super::point::done;
use crate::collection::exceptions::{self, ExceptionKind, Found};
use crate::collection::filed::Filed;
use crate::collection::posting::{Entry, Posting, transfer_id};
use crate::context::Shop;
use crate::outbox::Effect;
use crate::store::Tx;
use crate::values::ids::{BatchId, PostingId, TransferId};
use crate::values::refusal::Result;

/// As the list of exceptions has it.
pub fn refusal_of_batch(id: BatchId) -> Found {
    Found { batch: Some(id), ..Found::new(ExceptionKind::LedgerRefused) }
}

/// What a file collects.
pub async fn hold(shop: &Arc<Shop>, entry: u64, id: BatchId, reason: String) -> Result<()> {
    tracing::error!(batch = %id, reason, "the ledger refuses to hold what a file collects; later bookings go on");
    let fresh: TransferId = shop.new_id()?;
    let put = move |tx: &mut Tx| {
        exceptions::raise(tx, Found { reason, ..refusal_of_batch(id) })?;
        let filed = tx.filed(id)?;
        tx.put_filed(&Filed { salt: fresh, ..filed });
        tx.push(&Effect::HoldAside { batch: id })?;
        done(tx, entry)
    };
    shop.store.write(put).await
}

/// What the bank reported. Of several entries each gets a posting of its own first, so that the good ones are booked.
pub async fn posting(shop: &Arc<Shop>, entry: u64, id: PostingId, reason: String) -> Result<()> {
    tracing::error!(posting = %id, reason, "the ledger refuses what the bank reported; later bookings go on");
    let fresh: TransferId = shop.new_id()?;
    let put = move |tx: &mut Tx| {
        let entries = tx.posting(id)?.entries;
        if let [refused] = &entries[..] {
            let sale = Some(refused.sale);
            exceptions::raise(tx, Found { sale, reason, ..Found::new(ExceptionKind::LedgerRefused) })?;
            let posting = alone(tx, fresh, 0, refused);
            tx.push(&Effect::BookAside { posting })?;
        } else {
            for (nth, one) in entries.iter().enumerate() {
                let posting = alone(tx, fresh, nth, one);
                tx.push(&Effect::BookPosting { posting })?;
            }
        }
        tx.forget_posting(id);
        done(tx, entry)
    };
    shop.store.write(put).await
}

/// One entry of a posting, with ids that nobody has refused.
fn alone(tx: &mut Tx, fresh: TransferId, nth: usize, entry: &Entry) -> PostingId {
    let salt = transfer_id(fresh, entry.presentment, &format!("alone {nth}"));
    let id = PostingId(salt.0);
    tx.put_posting(&Posting { id, salt, entries: vec![entry.clone()] });
    id
}
