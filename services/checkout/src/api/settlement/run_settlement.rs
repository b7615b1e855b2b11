use std::sync::Arc;

use chit_proto::checkout::v1::{RunSettlementRequest, RunSettlementResponse};
use chit_runtime::failpoint;
use tonic::Status;

use crate::api::call::Call;
use crate::api::{mutation, shown_bank};
use crate::collection::settling;
use crate::context::Shop;
use crate::values::ids::BatchId;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<RunSettlementRequest>,
) -> Result<RunSettlementResponse, Status> {
    let (id, actor, currency): (BatchId, _, _) = (shop.new_id()?, call.actor(), shop.currency);
    let rail = shop.voice.rail.clone();
    // What hinders the others goes on the list even if there is nothing to take.
    let (answer, made) = mutation::once_with(shop, &call, move |tx| {
        let batch = settling::submit(tx, &*rail, id, &actor, currency)?;
        let shown = batch.as_ref().map(|batch| shown_bank::batch(tx, batch)).transpose()?;
        Ok((RunSettlementResponse { batch: shown }, batch.is_some()))
    })
    .await?;
    failpoint("checkout/settle/submitted");
    if made { Ok(answer) } else { Err(settling::nothing_to_settle().into()) }
}
