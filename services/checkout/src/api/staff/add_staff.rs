use std::sync::Arc;

use chit_proto::checkout::v1::{AddStaffRequest, AddStaffResponse};
use tonic::Status;

use super::one_time;
use crate::api::call::Call;
use crate::api::mutation;
use crate::context::Shop;
use crate::staff::approval::{Act, Hands};
use crate::staff::people;
use crate::values::reason::Reason;
use crate::values::refusal::Refusal;

pub async fn handle(shop: &Arc<Shop>, call: Call<AddStaffRequest>) -> Result<AddStaffResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let role = super::role(call.body.role).ok_or_else(|| {
        let remedy = "say whether they are a cashier, supervisor, owner or auditor";
        Refusal::field("role", Reason::ROLE_INVALID, remedy)
    })?;
    let approval = mutation::approval(call.body.approval.clone());
    let grant = shop.approve(call.by.origin.clone(), approval, Act::ManageStaff, Hands::NONE).await?;
    let (pin, hash) = one_time::pin(shop).await?;
    let name = call.body.name.clone();
    let answer = mutation::once(shop, &call, move |tx| {
        let actor = grant.record(tx, &name)?;
        let person = people::add(tx, &actor, &name, role, hash)?;
        // Without the PIN: answers are remembered, and it must not be.
        Ok(AddStaffResponse { member: Some(super::member(&person)), ..AddStaffResponse::default() })
    })
    .await?;
    Ok(AddStaffResponse { one_time_pin: pin, ..answer })
}
