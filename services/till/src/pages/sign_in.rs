//! Signing in and out, and choosing a language.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Form, State};
use axum::response::{Html, IntoResponse, Response};
use chit_proto::checkout::v1::{ListStaffRequest, SignInRequest, SignOutRequest, StaffMember, StaffRole};
use chit_runtime::session::{self, Token};
use http::HeaderMap;
use http::header::SET_COOKIE;
use serde::Deserialize;

use super::App;
use crate::cookie::{BROWSER_COOKIE, LANG_COOKIE, TOKEN_COOKIE, cookie};
use crate::pages::visitor::{SignedIn, Visitor};
use crate::pages::{answer, sale};
use crate::peers::call;
use crate::till::Till;
use crate::view;
use crate::view::Reader;
use crate::words::Lang;

const YEAR_S: u64 = 365 * 24 * 3600;
/// Of every cookie: for no script and no other site.
const OURS: &str = "Path=/; HttpOnly; SameSite=Strict";

/// No Debug: the PIN must not reach a log.
#[derive(Deserialize)]
pub struct SignInForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    pin: String,
}

#[derive(Deserialize)]
pub struct LanguageForm {
    lang: String,
}

pub async fn page(State(till): App, visitor: Visitor) -> Response {
    let staff = staff(&till).await;
    Html(view::sign_in::page(&visitor.reader, staff.as_deref()).into_string()).into_response()
}

/// `None` while checkout does not answer; the page then comes back by itself.
async fn staff(till: &Arc<Till>) -> Option<Vec<StaffMember>> {
    call!(till.peers.staff.list_staff(ListStaffRequest {})).await.ok().map(|answer| answer.staff)
}

/// checkout checks the PIN and counts the wrong ones.
pub async fn sign_in(
    State(till): App,
    visitor: Visitor,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Response {
    let browser = cookie(&headers, BROWSER_COOKIE).unwrap_or_default().to_owned();
    let request = SignInRequest { actor: form.name, pin: form.pin, browser };
    let turn = till.sign_ins.acquire().await;
    let opened = call!(till.peers.staff.sign_in(request)).await;
    drop(turn);
    let opened = match opened {
        Ok(opened) => opened,
        Err(status) => return answer::refused(&visitor.reader, &status),
    };
    let (member, token) = (opened.member.unwrap_or_default(), opened.session_token);
    let session = till.sessions.begin(&token, &member, Instant::now());
    if let Ok(own) = Token::new(&token)
        && !session.must_change_pin
        && session.is_at_least(StaffRole::Cashier)
    {
        session::scope(own, sale::open_for(&till, &member.name)).await;
    }
    tracing::info!(name = member.name, "signed in");
    let first = if session.must_change_pin { "/pin" } else { "/" };
    let kept = format!("{BROWSER_COOKIE}={}; {OURS}; Max-Age={YEAR_S}", opened.browser);
    with_cookie(with_cookie(answer::go(first), &format!("{TOKEN_COOKIE}={token}; {OURS}")), &kept)
}

pub async fn sign_out(State(till): App, headers: HeaderMap, staff: SignedIn) -> Response {
    if let Some(token) = cookie(&headers, TOKEN_COOKIE) {
        till.sessions.end(token);
    }
    // The request's own session; one that checkout cannot end now ends by itself.
    if let Err(status) = call!(till.peers.staff.sign_out(SignOutRequest {})).await {
        tracing::info!(code = ?status.code(), "the session goes on at checkout until it expires");
    }
    till.scene.send_modify(|scene| Arc::make_mut(scene).leave());
    tracing::info!(name = staff.session.name, "signed out");
    let gone = format!("{TOKEN_COOKIE}=; {OURS}; Max-Age=0");
    with_cookie(answer::go("/signin"), &gone)
}

pub async fn language(visitor: Visitor, Form(form): Form<LanguageForm>) -> Response {
    let Reader { lang: before, .. } = visitor.reader;
    let lang = Lang::parse(&form.lang).unwrap_or(before);
    let kept = format!("{LANG_COOKIE}={}; {OURS}; Max-Age={YEAR_S}", lang.tag());
    // "." means the current page.
    with_cookie(answer::go("."), &kept)
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = cookie.parse() {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}
