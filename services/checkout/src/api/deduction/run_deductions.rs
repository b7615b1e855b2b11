use std::sync::Arc;

use chit_proto::checkout::v1::{RunDeductionsRequest, RunDeductionsResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::mutation;
use crate::collection::Step;
use crate::context::Shop;
use crate::schedule;

/// More are not counted.
const WAITING_MAX: usize = 100_000;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<RunDeductionsRequest>,
) -> Result<RunDeductionsResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let challenge_ids = schedule::do_due(shop).await?.iter().map(ToString::to_string).collect();
    mutation::once(shop, &call, move |tx| {
        let waiting = tx.count_in(Step::Queued, WAITING_MAX)?;
        Ok(RunDeductionsResponse { challenge_ids, waiting: u32::try_from(waiting).unwrap_or(u32::MAX) })
    })
    .await
}
