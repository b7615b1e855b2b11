//! Who asks: their language from a cookie, their session from a token.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use chit_proto::checkout::v1::{GetSessionRequest, SignOutRequest};
use chit_runtime::session::{self, Token};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};

use crate::cookie::{LANG_COOKIE, TOKEN_COOKIE, cookie};
use crate::pages::answer::GO;
use crate::peers::call;
use crate::sessions::{Found, Session};
use crate::till::Till;
use crate::view::Reader;
use crate::words::Lang;

/// Any visitor, signed in or not.
pub struct Visitor {
    pub reader: Reader,
}

/// A signed-in member of staff.
pub struct SignedIn {
    pub token: String,
    pub session: Session,
    pub reader: Reader,
}

fn reader(till: &Till, headers: &HeaderMap, session: Option<&Session>) -> Reader {
    let lang = cookie(headers, LANG_COOKIE).and_then(Lang::parse).unwrap_or(till.cfg.language);
    Reader {
        lang,
        zone: till.zone.clone(),
        now: till.clock.now(),
        staff: session.map(|session| (session.name.clone(), session.role)),
    }
}

/// The visitor's session; checkout is asked for one that another process of this till has seen.
async fn session_of(till: &Till, token: &str) -> Option<Session> {
    match till.sessions.find(token, Instant::now()) {
        Found::Open(session) => Some(session),
        Found::Idle => {
            let own = Token::new(token).ok()?;
            let ended =
                session::scope(own, async { call!(till.peers.staff.sign_out(SignOutRequest {})).await });
            // While checkout is away it stays idle here, and is asked to end at the next try.
            if ended.await.is_ok() {
                till.sessions.end(token);
            }
            None
        }
        Found::Unknown => {
            let own = Token::new(token).ok()?;
            let known = async { call!(till.peers.staff.get_session(GetSessionRequest {})).await };
            let member = session::scope(own, known).await.ok()?.member?;
            Some(till.sessions.begin(token, &member, Instant::now()))
        }
    }
}

/// The visitor, without touching their session: an open page is no sign of life.
pub async fn peek(till: &Till, headers: &HeaderMap) -> Option<SignedIn> {
    let token = cookie(headers, TOKEN_COOKIE)?.to_owned();
    let session = session_of(till, &token).await?;
    Some(SignedIn { reader: reader(till, headers, Some(&session)), token, session })
}

impl FromRequestParts<Arc<Till>> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, till: &Arc<Till>) -> Result<Self, Infallible> {
        Ok(Self { reader: reader(till, &parts.headers, None) })
    }
}

impl FromRequestParts<Arc<Till>> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, till: &Arc<Till>) -> Result<Self, Response> {
        let post = parts.method == Method::POST;
        let Some(staff) = peek(till, &parts.headers).await else { return Err(elsewhere(post, "/signin")) };
        if staff.session.must_change_pin && !WITH_ONE_TIME_PIN.contains(&parts.uri.path()) {
            return Err(elsewhere(post, "/pin"));
        }
        till.sessions.touch(&staff.token, Instant::now());
        Ok(staff)
    }
}

/// What a person with a one-time PIN may do.
const WITH_ONE_TIME_PIN: [&str; 3] = ["/pin", "/signout", "/language"];

fn elsewhere(post: bool, path: &'static str) -> Response {
    if post {
        return (StatusCode::UNAUTHORIZED, [(GO, path)]).into_response();
    }
    Redirect::to(path).into_response()
}
