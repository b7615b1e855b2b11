//! Who asks: their language from a cookie, their session from a token.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};

use crate::pages::answer::GO;
use crate::sessions::Session;
use crate::till::Till;
use crate::view::Reader;
use crate::words::Lang;

pub const TOKEN_COOKIE: &str = "chit";
pub const LANG_COOKIE: &str = "chit-lang";

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

impl SignedIn {
    pub fn name(&self) -> String {
        self.session.name.clone()
    }
}

pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
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

/// The visitor, without touching their session: an open page is no sign of life.
pub fn peek(till: &Till, headers: &HeaderMap) -> Option<SignedIn> {
    let token = cookie(headers, TOKEN_COOKIE)?.to_owned();
    let session = till.sessions.find(&token)?;
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
        let token = cookie(&parts.headers, TOKEN_COOKIE).unwrap_or_default().to_owned();
        match till.sessions.touch(&token) {
            Some(session) => {
                Ok(Self { reader: reader(till, &parts.headers, Some(&session)), token, session })
            }
            None if parts.method == Method::POST => {
                Err((StatusCode::UNAUTHORIZED, [(GO, "/signin")]).into_response())
            }
            None => Err(Redirect::to("/signin").into_response()),
        }
    }
}
