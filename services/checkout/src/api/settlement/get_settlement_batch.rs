use std::sync::Arc;

use chit_proto::checkout::v1::{GetSettlementBatchRequest, GetSettlementBatchResponse};
use tonic::Status;

use crate::api::convert;
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(
    shop: &Arc<Shop>,
    request: GetSettlementBatchRequest,
) -> Result<GetSettlementBatchResponse, Status> {
    let batch = shop.store.read(move |rows| rows.batch(&request.batch_id)).await?;
    Ok(GetSettlementBatchResponse { batch: Some(convert::batch(&batch)) })
}
