use std::sync::Arc;

use chit_proto::checkout::v1::{DisableStaffRequest, DisableStaffResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::mutation;
use crate::context::Shop;
use crate::staff::approval::{Act, Hands};
use crate::staff::people;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<DisableStaffRequest>,
) -> Result<DisableStaffResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let approval = mutation::approval(call.body.approval.clone());
    let grant = shop.approve(call.by.origin.clone(), approval, Act::ManageStaff, Hands::NONE).await?;
    let name = call.body.name.clone();
    mutation::once(shop, &call, move |tx| {
        let actor = grant.record(tx, &name)?;
        people::disable(tx, &actor, &name)?;
        Ok(DisableStaffResponse {})
    })
    .await
}
