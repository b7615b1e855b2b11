use std::sync::Arc;

use chit_proto::checkout::v1::{GetChallengeRequest, GetChallengeResponse};
use tonic::Status;

use crate::api::convert;
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(shop: &Arc<Shop>, request: GetChallengeRequest) -> Result<GetChallengeResponse, Status> {
    let challenge = shop.store.read(move |rows| rows.challenge(&request.challenge_id)).await?;
    Ok(GetChallengeResponse { challenge: Some(convert::challenge(&challenge)) })
}
