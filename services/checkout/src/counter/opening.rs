//! A new basket. Whoever opens it says by that that the earlier payer has gone (DESIGN step 5).

use std::sync::Arc;

use crate::domain::refusal::Result;
use crate::domain::sale::{EvidencePolicy, Sale};
use crate::shop::Shop;
use crate::store::{Rows, Tx};

/// Stores the DRAFT and releases the sale at this till that only waits for its payer to leave; there is one at most.
pub fn open(tx: &mut Tx, policy: EvidencePolicy, draft: &Sale, fact_id: &str) -> Result<()> {
    if let Some(earlier) = waiting(tx, policy, &draft.till)? {
        super::release(tx, policy, &earlier.sale_id, fact_id, false)?;
    }
    tx.put_sale(&draft.cashier, draft)
}

fn waiting(rows: &impl Rows, policy: EvidencePolicy, till: &str) -> Result<Option<Sale>> {
    let sales = rows.open_sales()?;
    Ok(sales
        .into_iter()
        .find(|sale| sale.till == till && sale.waits_for_release() && !sale.evidence_missing(policy)))
}

/// The next basket's first scan: a DRAFT for the cashier of the sale that waits. Without one, nobody has said who
/// sells, and nothing is opened.
pub async fn open_by_scan(shop: &Arc<Shop>) -> Result<Option<String>> {
    let (sale_id, fact_id, policy) = (shop.new_ulid()?, shop.new_ulid()?, shop.cfg.evidence_policy);
    let (till, currency) = (shop.cfg.till.clone(), shop.cfg.currency_code.clone());
    shop.store
        .write(move |tx| {
            let Some(earlier) = waiting(tx, policy, &till)? else { return Ok(None) };
            let draft = Sale::draft(sale_id, &till, &earlier.cashier, &currency, tx.now_ms, String::new());
            open(tx, policy, &draft, &fact_id)?;
            Ok(Some(draft.sale_id))
        })
        .await
}
