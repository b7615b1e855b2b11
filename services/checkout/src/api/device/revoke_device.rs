use std::sync::Arc;

use chit_proto::checkout::v1::{RevokeDeviceRequest, RevokeDeviceResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::mutation;
use crate::context::Shop;
use crate::staff::approval::{Act, Hands};
use crate::staff::people;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<RevokeDeviceRequest>,
) -> Result<RevokeDeviceResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let approval = mutation::approval(call.body.approval.clone());
    let grant = shop.approve(call.by.origin.clone(), approval, Act::ManageStaff, Hands::NONE).await?;
    let name = call.body.name.clone();
    mutation::once(shop, &call, move |tx| {
        let actor = grant.record(tx, format!("device {name}"))?;
        people::revoke(tx, &actor, &name)?;
        Ok(RevokeDeviceResponse {})
    })
    .await
}
