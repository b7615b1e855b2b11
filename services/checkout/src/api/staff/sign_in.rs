use std::sync::Arc;

use chit_proto::checkout::v1::{SignInRequest, SignInResponse};
use tonic::Status;

use crate::domain::refusal::Refusal;
use crate::shop::Shop;
use crate::staff::ApprovalInput;

/// Away from the async threads: argon2id is slow on purpose.
pub async fn handle(shop: &Arc<Shop>, request: SignInRequest) -> Result<SignInResponse, Status> {
    let shop = shop.clone();
    let checked = tokio::task::spawn_blocking(move || {
        let input = ApprovalInput { actor: request.actor, pin: request.pin };
        shop.staff.sign_in(&input, shop.clock.now()).map(super::member)
    });
    let member =
        checked.await.map_err(|join| Refusal::internal(format!("the PIN was not checked: {join}")))?;
    Ok(SignInResponse { member: Some(member?) })
}
