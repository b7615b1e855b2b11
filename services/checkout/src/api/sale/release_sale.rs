use std::sync::Arc;

use chit_proto::checkout::v1::{ReleaseSaleRequest, ReleaseSaleResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::counter;
use crate::shop::Shop;

pub async fn handle(shop: &Arc<Shop>, request: ReleaseSaleRequest) -> Result<ReleaseSaleResponse, Status> {
    let (sale_id, fact_id, policy) = (request.sale_id.clone(), shop.new_ulid()?, shop.cfg.evidence_policy);
    mutation::once(shop, &request, move |tx| {
        let sale = counter::release(tx, policy, &sale_id, &fact_id, false)?;
        Ok(ReleaseSaleResponse { sale: Some(convert::sale(&sale, policy)) })
    })
    .await
}
