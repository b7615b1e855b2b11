use std::sync::Arc;

use chit_proto::checkout::v1::{WithdrawDisputeRequest, WithdrawDisputeResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{convert, mutation};
use crate::context::Shop;
use crate::dispute;
use crate::values::ids::DisputeId;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<WithdrawDisputeRequest>,
) -> Result<WithdrawDisputeResponse, Status> {
    shop.staff.known("actor", &call.body.actor).await?;
    let (id, actor): (DisputeId, _) = (call.body.dispute_id.parse()?, call.body.actor.clone());
    mutation::once(shop, &call, move |tx| {
        let dispute = dispute::withdraw(tx, id, &actor)?;
        Ok(WithdrawDisputeResponse { dispute: Some(convert::dispute(&dispute)) })
    })
    .await
}
