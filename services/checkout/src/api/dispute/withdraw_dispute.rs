use std::sync::Arc;

use chit_proto::checkout::v1::{WithdrawDisputeRequest, WithdrawDisputeResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{convert, mutation};
use crate::context::Shop;
use crate::dispute;
use crate::sale;
use crate::staff::approval::Act;
use crate::values::ids::DisputeId;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<WithdrawDisputeRequest>,
) -> Result<WithdrawDisputeResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let id: DisputeId = call.body.dispute_id.parse()?;
    let hands = shop.store.read(move |view| sale::hands(view, view.dispute(id)?.sale)).await?;
    let approval = mutation::approval(call.body.approval.clone());
    let grant = shop.approve(call.by.origin.clone(), approval, Act::WithdrawDispute, hands).await?;
    mutation::once(shop, &call, move |tx| {
        let actor = grant.record(tx, tx.dispute(id)?.sale)?;
        let dispute = dispute::withdraw(tx, id, &actor)?;
        Ok(WithdrawDisputeResponse { dispute: Some(convert::dispute(&dispute)) })
    })
    .await
}
