use std::sync::Arc;

use chit_proto::checkout::v1::{WithdrawDisputeRequest, WithdrawDisputeResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::dialogue::disputes;
use crate::shop::Shop;

pub async fn handle(
    shop: &Arc<Shop>,
    request: WithdrawDisputeRequest,
) -> Result<WithdrawDisputeResponse, Status> {
    shop.staff.known("actor", &request.actor)?;
    let (dispute_id, actor) = (request.dispute_id.clone(), request.actor.clone());
    mutation::once(shop, &request, move |tx| {
        let dispute = disputes::withdraw(tx, &dispute_id, &actor)?;
        Ok(WithdrawDisputeResponse { dispute: Some(convert::dispute(&dispute)) })
    })
    .await
}
