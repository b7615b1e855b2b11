use std::sync::Arc;

use chit_proto::checkout::v1::{SignInRequest, SignInResponse};
use jiff::Timestamp;
use tonic::Status;

use crate::api::call::Call;
use crate::api::convert;
use crate::context::Shop;
use crate::staff::ApprovalInput;
use crate::staff::people;
use crate::staff::session::{NewToken, Session};
use crate::values::refusal::Refusal;

pub async fn handle(shop: &Arc<Shop>, call: Call<SignInRequest>) -> Result<SignInResponse, Status> {
    let (checker, origin) = (shop.clone(), call.by.origin.clone());
    // Away from the async threads: argon2id is slow on purpose.
    let checked = tokio::task::spawn_blocking(move || {
        let input = ApprovalInput { actor: call.body.actor, pin: call.body.pin };
        checker.staff.sign_in(&input, &origin, checker.clock.now())
    });
    let person =
        checked.await.map_err(|join| Refusal::internal(format!("the PIN was not checked: {join}")))??;
    let session =
        Session { person: person.name.clone(), origin: call.by.origin, opened_at: Timestamp::now() };
    let token = NewToken::of(shop.random()?);
    let (hash, expires_at) = (token.hash(), session.expires_at());
    let must_change = person.must_change_pin;
    shop.store.write(move |tx| people::open_session(tx, hash, &session, must_change)).await?;
    Ok(SignInResponse {
        member: Some(super::member(&person)),
        session_token: token.into_text(),
        expire_time: convert::time(expires_at),
    })
}
