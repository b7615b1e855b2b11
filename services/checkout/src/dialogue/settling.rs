//! A settlement batch: every VERIFIED sale that no dispute holds goes to the rail together (I9).

use crate::domain::effect::{Effect, EffectKind};
use crate::domain::refusal::{Refusal, RefusalKind, Result};
use crate::domain::sale::SaleState;
use crate::domain::settlement::{Batch, BatchState};
use crate::store::{Rows, Tx};

/// Equal to the ledger's limit for transfers that post together.
const SALES_MAX: usize = 8000;
/// The embedded rail: house accounts in the ledger.
const RAIL_HOUSE: &str = "house";

pub fn submit(tx: &mut Tx, batch_id: String, actor: &str, currency: &str) -> Result<Batch> {
    let mut sales = tx.open_sales()?;
    sales.retain(|sale| sale.state() == SaleState::Verified && !sale.held_by_dispute);
    sales.truncate(SALES_MAX);
    if sales.is_empty() {
        let message = "no sale is VERIFIED and free of disputes; nothing to settle";
        return Err(Refusal::new(RefusalKind::WrongState, "NOTHING_TO_SETTLE", message));
    }
    let total = sales
        .iter()
        .try_fold(0_i64, |sum, sale| sum.checked_add(sale.total_minor))
        .ok_or_else(|| Refusal::internal("a batch is worth more than can be counted"))?;
    let batch = Batch {
        batch_id: batch_id.clone(),
        state: BatchState::Submitted as i32,
        rail: RAIL_HOUSE.into(),
        sale_ids: sales.iter().map(|sale| sale.sale_id.clone()).collect(),
        total_minor: total,
        currency_code: currency.to_owned(),
        create_ms: tx.now_ms,
        actor: actor.to_owned(),
    };
    for mut sale in sales {
        sale.advance(SaleState::Submitted)?;
        sale.settlement_batch_id.clone_from(&batch_id);
        tx.put_sale(actor, &sale)?;
    }
    tx.put_batch(actor, &batch)?;
    tx.push(&Effect::new(EffectKind::PostBatch, &batch_id))?;
    Ok(batch)
}
