//! A new basket. Who opens it says by that that the earlier payer of this lane has gone (DESIGN step 5).

use iso_currency::Currency;

use super::leaving::release;
use super::sale::{EvidencePolicy, Opening, Sale, Stage, Step};
use crate::store::{Tx, View};
use crate::values::ids::{FactId, SaleId};
use crate::values::refusal::Result;

/// Stores the DRAFT and releases the sale of its lane that only waits for its payer to leave; there is one at most.
pub fn open(tx: &mut Tx, policy: EvidencePolicy, draft: &Sale, fact: FactId) -> Result<()> {
    if let Some(earlier) = leaving(tx, policy, &draft.lane)? {
        release(tx, policy, earlier.id, fact, false, &draft.cashier)?;
    }
    tx.put_sale(&draft.cashier, draft)
}

fn leaving(view: &View, policy: EvidencePolicy, lane: &str) -> Result<Option<Sale>> {
    let Some(id) = view.leaving_of(lane)? else { return Ok(None) };
    let sale = view.sale(id)?;
    Ok((sale.waits_for_release() && !sale.evidence_missing(policy)).then_some(sale))
}

/// The lane's last sale is among so many of the shop's newest, or the scan opens nothing.
const NEWEST_LOOKED_AT: usize = 32;

/// The next basket's first scan: a DRAFT for the cashier of the sale that waits, or of the last one that ended while they
/// are signed in. Otherwise nobody has said who sells, and nothing is opened.
pub fn open_by_scan(
    tx: &mut Tx,
    policy: EvidencePolicy,
    (id, fact): (SaleId, FactId),
    lane: &str,
    currency: Currency,
    signed_in: &[String],
) -> Result<Option<SaleId>> {
    let earlier = match leaving(tx, policy, lane)? {
        Some(leaving) => leaving,
        None => match ended(tx, lane)?.filter(|sale| signed_in.contains(&sale.cashier)) {
            Some(ended) => ended,
            None => return Ok(None),
        },
    };
    let opening =
        Opening { till: &earlier.till, lane, cashier: &earlier.cashier, currency, traceparent: None };
    let draft = Sale::draft(id, opening, tx.now);
    open(tx, policy, &draft, fact)?;
    Ok(Some(id))
}

/// The lane's last sale, if nobody is at the counter for it any more.
fn ended(view: &View, lane: &str) -> Result<Option<Sale>> {
    let last = view.sales_before(None, None, NEWEST_LOOKED_AT)?.into_iter().find(|sale| sale.lane == lane);
    Ok(last.filter(|sale| match &sale.stage {
        Stage::Voided(_) => true,
        Stage::Sold(sold) => !matches!(sold.step, Step::Committed | Step::Printing),
        Stage::Draft | Stage::PayerOk { .. } => false,
    }))
}
