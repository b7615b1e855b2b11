use std::sync::Arc;

use chit_proto::checkout::v1::{PairDeviceRequest, PairDeviceResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::mutation;
use crate::context::Shop;
use crate::staff::approval::{Act, Hands};
use crate::staff::device::DeviceKind;
use crate::staff::people;
use crate::staff::session::NewToken;
use crate::values::reason::Reason;
use crate::values::refusal::Refusal;

pub async fn handle(shop: &Arc<Shop>, call: Call<PairDeviceRequest>) -> Result<PairDeviceResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let kind = DeviceKind::ALL.into_iter().find(|kind| *kind as i32 == call.body.kind).ok_or_else(|| {
        Refusal::field("kind", Reason::KIND_INVALID, "say whether it is a till, a timer or a display")
    })?;
    let approval = mutation::approval(call.body.approval.clone());
    let grant = shop.approve(call.by.origin.clone(), approval, Act::ManageStaff, Hands::NONE).await?;
    let (token, name) = (NewToken::of(shop.random()?), call.body.name.clone());
    let hash = token.hash();
    let answer = mutation::once(shop, &call, move |tx| {
        let actor = grant.record(tx, format!("device {name}"))?;
        let device = people::pair(tx, &actor, &name, kind, hash)?;
        // Without the token: answers are remembered, and it must not be.
        Ok(PairDeviceResponse { device: Some(super::shown(&device)), ..PairDeviceResponse::default() })
    })
    .await?;
    Ok(PairDeviceResponse { device_token: token.into_text(), ..answer })
}
