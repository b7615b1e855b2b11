use std::sync::Arc;

use chit_proto::checkout::v1::{StartSaleRequest, StartSaleResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::counter;
use crate::domain::sale::Sale;
use crate::shop::Shop;

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
    let (fact_id, policy) = (shop.new_ulid()?, shop.cfg.evidence_policy);
    mutation::once(shop, &request, move |tx| {
        counter::open(tx, policy, &sale, &fact_id)?;
        Ok(StartSaleResponse { sale: Some(convert::sale(&sale, policy)) })
    })
    .await
}
