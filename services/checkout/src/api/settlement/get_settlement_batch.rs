use std::sync::Arc;

use chit_proto::checkout::v1::{GetSettlementBatchRequest, GetSettlementBatchResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::convert;
use crate::context::Shop;
use crate::values::ids::BatchId;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<GetSettlementBatchRequest>,
) -> Result<GetSettlementBatchResponse, Status> {
    let id: BatchId = call.body.batch_id.parse()?;
    let batch = shop.store.read(move |view| convert::batch(view, &view.batch(id)?)).await?;
    Ok(GetSettlementBatchResponse { batch: Some(batch) })
}
