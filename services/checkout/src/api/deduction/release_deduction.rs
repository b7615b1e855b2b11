use std::sync::Arc;

use chit_proto::checkout::v1::{ReleaseDeductionRequest, ReleaseDeductionResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{mutation, shown};
use crate::collection;
use crate::context::Shop;
use crate::values::ids::SaleId;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<ReleaseDeductionRequest>,
) -> Result<ReleaseDeductionResponse, Status> {
    let (id, actor, policy): (SaleId, _, _) =
        (call.body.sale_id.parse()?, call.actor(), shop.cfg.evidence_policy);
    mutation::once(shop, &call, move |tx| {
        collection::release(tx, id, &actor)?;
        Ok(ReleaseDeductionResponse { sale: shown::sale(tx, id, policy)? })
    })
    .await
}
