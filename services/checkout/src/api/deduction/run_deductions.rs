use std::sync::Arc;

use chit_proto::checkout::v1::{RunDeductionsRequest, RunDeductionsResponse};
use tonic::Status;

use crate::api::mutation;
use crate::domain::sale::SaleState;
use crate::schedule;
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(
    shop: &Arc<Shop>,
    request: RunDeductionsRequest,
) -> Result<RunDeductionsResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &request).await? {
        return Ok(known);
    }
    let challenge_ids = schedule::ask_all(shop).await?;
    mutation::once(shop, &request, move |tx| {
        let waiting = tx.open_sales()?.iter().filter(|sale| sale.state() == SaleState::Queued).count();
        Ok(RunDeductionsResponse { challenge_ids, waiting: u32::try_from(waiting).unwrap_or(u32::MAX) })
    })
    .await
}
