use std::sync::Arc;

use chit_proto::checkout::v1::{RunSettlementRequest, RunSettlementResponse};
use chit_runtime::failpoint;
use tonic::Status;

use crate::api::call::Call;
use crate::api::{convert, mutation};
use crate::collection::settling;
use crate::context::Shop;
use crate::values::ids::BatchId;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<RunSettlementRequest>,
) -> Result<RunSettlementResponse, Status> {
    let (id, actor, currency): (BatchId, _, _) = (shop.new_id()?, call.actor(), shop.currency);
    let answer = mutation::once(shop, &call, move |tx| {
        let batch = settling::submit(tx, id, &actor, currency)?;
        Ok(RunSettlementResponse { batch: Some(convert::batch(&batch)) })
    })
    .await;
    failpoint("checkout/settle/submitted");
    answer
}
