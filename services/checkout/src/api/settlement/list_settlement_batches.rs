use std::sync::Arc;

use chit_proto::checkout::v1::{ListSettlementBatchesRequest, ListSettlementBatchesResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{page, shown_bank};
use crate::context::Shop;
use crate::store::View;
use crate::values::refusal::Refusal;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<ListSettlementBatchesRequest>,
) -> Result<ListSettlementBatchesResponse, Status> {
    let size = page::size(call.body.page_size)?;
    let look = move |view: &View| {
        let batches = view.newest_batches(size)?;
        batches.iter().map(|batch| shown_bank::batch(view, batch)).collect::<Result<Vec<_>, Refusal>>()
    };
    Ok(ListSettlementBatchesResponse { batches: shop.store.read(look).await? })
}
