use std::sync::Arc;

use chit_proto::checkout::v1::{SignInRequest, SignInResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::context::Shop;
use crate::staff::ApprovalInput;
use crate::values::refusal::Refusal;

pub async fn handle(shop: &Arc<Shop>, call: Call<SignInRequest>) -> Result<SignInResponse, Status> {
    let shop = shop.clone();
    // Away from the async threads: argon2id is slow on purpose.
    let checked = tokio::task::spawn_blocking(move || {
        let input = ApprovalInput { actor: call.body.actor, pin: call.body.pin };
        shop.staff.sign_in(&input, shop.clock.now())
    });
    let member =
        checked.await.map_err(|join| Refusal::internal(format!("the PIN was not checked: {join}")))??;
    Ok(SignInResponse { member: Some(super::member(&member)) })
}
