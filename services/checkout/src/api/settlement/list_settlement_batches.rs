use std::sync::Arc;

use chit_proto::checkout::v1::{ListSettlementBatchesRequest, ListSettlementBatchesResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{convert, page};
use crate::context::Shop;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<ListSettlementBatchesRequest>,
) -> Result<ListSettlementBatchesResponse, Status> {
    let size = page::size(call.body.page_size)?;
    let batches = shop.store.read(move |view| view.newest_batches(size)).await?;
    Ok(ListSettlementBatchesResponse { batches: batches.iter().map(convert::batch).collect() })
}
