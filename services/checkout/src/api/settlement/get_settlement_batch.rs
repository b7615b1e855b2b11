use std::sync::Arc;

use chit_proto::checkout::v1::{GetSettlementBatchRequest, GetSettlementBatchResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::shown_bank;
use crate::context::Shop;
use crate::values::ids::BatchId;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<GetSettlementBatchRequest>,
) -> Result<GetSettlementBatchResponse, Status> {
    let id: BatchId = call.body.batch_id.parse()?;
    let batch = shop.store.read(move |view| shown_bank::batch(view, &view.batch(id)?)).await?;
    Ok(GetSettlementBatchResponse { batch: Some(batch) })
}
