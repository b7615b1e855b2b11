use std::sync::Arc;

use chit_proto::checkout::v1::{GetPayerRequest, GetPayerResponse};
use tonic::Status;

use crate::api::convert;
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(shop: &Arc<Shop>, request: GetPayerRequest) -> Result<GetPayerResponse, Status> {
    let payer = shop.store.read(move |rows| rows.payer(&request.payer_id)).await?;
    Ok(GetPayerResponse { payer: Some(convert::payer(&payer)), photo_jpeg: payer.photo_jpeg })
}
