use std::sync::Arc;

use chit_proto::checkout::v1::{ListSettlementBatchesRequest, ListSettlementBatchesResponse};
use tonic::Status;

use crate::api::{convert, page};
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(
    shop: &Arc<Shop>,
    request: ListSettlementBatchesRequest,
) -> Result<ListSettlementBatchesResponse, Status> {
    let size = page::size(request.page_size)?;
    let mut batches = shop.store.read(|rows| rows.batches()).await?;
    batches.sort_by(|left, right| right.batch_id.cmp(&left.batch_id));
    batches.truncate(size);
    Ok(ListSettlementBatchesResponse { batches: batches.iter().map(convert::batch).collect() })
}
