use std::sync::Arc;

use chit_proto::checkout::v1::{GetDisputeRequest, GetDisputeResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::convert;
use crate::context::Shop;
use crate::values::ids::DisputeId;

pub async fn handle(shop: &Arc<Shop>, call: Call<GetDisputeRequest>) -> Result<GetDisputeResponse, Status> {
    let id: DisputeId = call.body.dispute_id.parse()?;
    let dispute = shop.store.read(move |view| view.dispute(id)).await?;
    Ok(GetDisputeResponse { dispute: Some(convert::dispute(&dispute)) })
}
