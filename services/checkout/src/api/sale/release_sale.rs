use std::sync::Arc;

use chit_proto::checkout::v1::{ReleaseSaleRequest, ReleaseSaleResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{mutation, shown};
use crate::context::Shop;
use crate::sale;
use crate::values::ids::{FactId, SaleId};

pub async fn handle(shop: &Arc<Shop>, call: Call<ReleaseSaleRequest>) -> Result<ReleaseSaleResponse, Status> {
    let (id, fact, policy): (SaleId, FactId, _) =
        (call.body.sale_id.parse()?, shop.new_id()?, shop.cfg.evidence_policy);
    let actor = call.actor();
    mutation::once(shop, &call, move |tx| {
        sale::release(tx, policy, id, fact, false, &actor)?;
        Ok(ReleaseSaleResponse { sale: shown::sale(tx, id, policy)? })
    })
    .await
}
