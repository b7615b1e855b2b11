use std::sync::Arc;

use chit_proto::checkout::v1::{GetPayerRequest, GetPayerResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::convert;
use crate::context::Shop;
use crate::values::ids::PayerId;

pub async fn handle(shop: &Arc<Shop>, call: Call<GetPayerRequest>) -> Result<GetPayerResponse, Status> {
    let id: PayerId = call.body.payer_id.parse()?;
    let (payer, photo_jpeg) = shop.store.read(move |view| Ok((view.payer(id)?, view.photo(id)?))).await?;
    Ok(GetPayerResponse { payer: Some(convert::payer(&payer, call.by.sees_serials())), photo_jpeg })
}
