use std::sync::Arc;

use chit_proto::checkout::v1::{RunSettlementRequest, RunSettlementResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::dialogue::settling;
use crate::domain::approval::Act;
use crate::shop::Shop;

pub async fn handle(
    shop: &Arc<Shop>,
    request: RunSettlementRequest,
) -> Result<RunSettlementResponse, Status> {
    // Money moves.
    shop.staff.may("actor", &request.actor, Act::RunSettlement)?;
    let (batch_id, actor, currency) =
        (shop.new_ulid()?, request.actor.clone(), shop.cfg.currency_code.clone());
    mutation::once(shop, &request, move |tx| {
        let batch = settling::submit(tx, batch_id, &actor, &currency)?;
        Ok(RunSettlementResponse { batch: Some(convert::batch(&batch)) })
    })
    .await
}
