use std::sync::Arc;

use chit_proto::checkout::v1::{GetPayerRequest, GetPayerResponse};
use tonic::Status;

use crate::api::convert;
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(shop: &Arc<Shop>, request: GetPayerRequest) -> Result<GetPayerResponse, Status> {
    let (payer, photo_jpeg) = shop
        .store
        .read(move |rows| Ok((rows.payer(&request.payer_id)?, rows.photo(&request.payer_id)?)))
        .await?;
    Ok(GetPayerResponse { payer: Some(convert::payer(&payer)), photo_jpeg })
}
