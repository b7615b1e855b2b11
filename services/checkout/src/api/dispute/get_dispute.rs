use std::sync::Arc;

use chit_proto::checkout::v1::{GetDisputeRequest, GetDisputeResponse};
use tonic::Status;

use crate::api::convert;
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(shop: &Arc<Shop>, request: GetDisputeRequest) -> Result<GetDisputeResponse, Status> {
    let dispute = shop.store.read(move |rows| rows.dispute(&request.dispute_id)).await?;
    Ok(GetDisputeResponse { dispute: Some(convert::dispute(&dispute)) })
}
