use std::sync::Arc;

use chit_proto::checkout::v1::{StartSaleRequest, StartSaleResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::counter;
use crate::domain::sale::Sale;
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(shop: &Arc<Shop>, request: StartSaleRequest) -> Result<StartSaleResponse, Status> {
    shop.staff.known("cashier", &request.cashier)?;
    let traceparent = chit_runtime::trace::current_traceparent().unwrap_or_default();
    let sale = Sale::draft(
        shop.new_ulid()?,
        &shop.cfg.till,
        &request.cashier,
        &shop.cfg.currency_code,
        shop.now_ms(),
        traceparent,
    );
    let (fact_ids, policy) = (shop.new_ulid()?, shop.cfg.evidence_policy);
    mutation::once(shop, &request, move |tx| {
        // The next basket's first scan: the earlier payer has gone. There is one at a till at most.
        let waiting = tx.open_sales()?.into_iter().find(|other| {
            other.till == sale.till && other.waits_for_release() && !other.evidence_missing(policy)
        });
        if let Some(earlier) = waiting {
            counter::release(tx, policy, &earlier.sale_id, &fact_ids, false)?;
        }
        tx.put_sale(&sale.cashier, &sale)?;
        Ok(StartSaleResponse { sale: Some(convert::sale(&sale, policy)) })
    })
    .await
}
