use std::sync::Arc;

use chit_proto::checkout::v1::{SignInRequest, SignInResponse};
use jiff::Timestamp;
use tonic::Status;

use crate::api::call::Call;
use crate::api::convert;
use crate::context::Shop;
use crate::staff::session::{NewToken, Session};
use crate::staff::{ApprovalInput, browser, people};
use crate::values::refusal::Refusal;

pub async fn handle(shop: &Arc<Shop>, call: Call<SignInRequest>) -> Result<SignInResponse, Status> {
    let browser = call.body.browser.clone();
    let known = shop.store.read(move |view| Ok(browser::origin(view, &browser))).await?;
    let origin = known.unwrap_or_else(|| call.by.origin.clone());
    let (checker, counted) = (shop.clone(), origin.clone());
    // Away from the async threads: argon2id is slow on purpose.
    let (input, browser) = (ApprovalInput { actor: call.body.actor, pin: call.body.pin }, call.body.browser);
    let checked =
        tokio::task::spawn_blocking(move || checker.staff.sign_in(&input, &counted, checker.clock.now()));
    let person =
        checked.await.map_err(|join| Refusal::internal(format!("the PIN was not checked: {join}")))??;
    let session = Session { person: person.name.clone(), origin, opened_at: Timestamp::now() };
    let token = NewToken::of(shop.random()?);
    let (hash, expires_at) = (token.hash(), session.expires_at());
    let (must_change, fresh) = (person.must_change_pin, shop.random()?);
    let open = move |tx: &mut crate::store::Tx| {
        people::open_session(tx, hash, &session, must_change)?;
        Ok(if browser::origin(tx, &browser).is_some() { browser } else { browser::token(tx, fresh) })
    };
    let browser = shop.store.write(open).await?;
    Ok(SignInResponse {
        member: Some(super::member(&person)),
        session_token: token.into_text(),
        expire_time: convert::time(expires_at),
        browser,
    })
}
