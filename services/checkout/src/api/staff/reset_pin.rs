use std::sync::Arc;

use chit_proto::checkout::v1::{ResetPinRequest, ResetPinResponse};
use tonic::Status;

use super::one_time;
use crate::api::call::Call;
use crate::api::mutation;
use crate::context::Shop;
use crate::staff::approval::{Act, Hands};
use crate::staff::people;

pub async fn handle(shop: &Arc<Shop>, call: Call<ResetPinRequest>) -> Result<ResetPinResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let approval = mutation::approval(call.body.approval.clone());
    let grant = shop.approve(call.by.origin.clone(), approval, Act::ManageStaff, Hands::NONE).await?;
    let (pin, hash) = one_time::pin(shop).await?;
    let name = call.body.name.clone();
    // Without the PIN: answers are remembered, and it must not be.
    mutation::once(shop, &call, move |tx| {
        let actor = grant.record(tx, &name)?;
        people::reset_pin(tx, &actor, &name, hash)?;
        Ok(ResetPinResponse::default())
    })
    .await?;
    Ok(ResetPinResponse { one_time_pin: pin })
}
