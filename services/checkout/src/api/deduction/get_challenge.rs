use std::sync::Arc;

use chit_proto::checkout::v1::{GetChallengeRequest, GetChallengeResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::convert;
use crate::context::Shop;
use crate::values::ids::ChallengeId;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<GetChallengeRequest>,
) -> Result<GetChallengeResponse, Status> {
    let (id, now): (ChallengeId, _) = (call.body.challenge_id.parse()?, shop.clock.now());
    let look = move |view: &crate::store::View| convert::challenge(view, &view.challenge(id)?, now);
    Ok(GetChallengeResponse { challenge: Some(shop.store.read(look).await?) })
}
