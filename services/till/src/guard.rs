//! Checks before every page. Loopback is no boundary: any site open in the same browser can send requests here, and a
//! rebinding name can read the answers. So: known Host, own Origin, an own header on every POST, and a strict CSP.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chit_runtime::session::{self, Token};
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode};

use crate::cookie::{TOKEN_COOKIE, cookie};
use crate::till::Till;

/// No form and no foreign script can set it without a preflight, which is never answered.
pub const OWN_HEADER: &str = "x-chit";

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, CSP),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), usb=(), serial=()",
    ),
];

pub async fn check(State(till): State<Arc<Till>>, request: Request, next: Next) -> Response {
    let mut response = match refusal(&till, request.method(), request.headers()) {
        Some(status) => status.into_response(),
        None => with_session(request, next).await,
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Pages show money and people; only assets say that they may be kept.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whatever is asked of checkout for this request is asked in its session.
async fn with_session(request: Request, next: Next) -> Response {
    let token = cookie(request.headers(), TOKEN_COOKIE).and_then(|token| Token::new(token).ok());
    match token {
        Some(token) => session::scope(token, next.run(request)).await,
        None => next.run(request).await,
    }
}

fn refusal(till: &Till, method: &Method, headers: &HeaderMap) -> Option<StatusCode> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    if !is_own(&till.cfg.own_hosts(), host) {
        return Some(StatusCode::MISDIRECTED_REQUEST);
    }
    if method == Method::GET || method == Method::HEAD {
        return None;
    }
    if method != Method::POST {
        return Some(StatusCode::METHOD_NOT_ALLOWED);
    }
    let own_header = headers.get(OWN_HEADER).is_some_and(|value| value == "1");
    let own_origin = text(header::ORIGIN).is_none_or(|origin| origin_is(origin, host));
    let site = text(HeaderName::from_static("sec-fetch-site"));
    let own_site = site.is_none_or(|site| matches!(site, "same-origin" | "none"));
    (!(own_header && own_origin && own_site)).then_some(StatusCode::FORBIDDEN)
}

fn is_own(allowed: &[String], host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !port.is_empty() => name,
        _ => host,
    };
    allowed.iter().any(|allowed| allowed == name)
}

fn origin_is(origin: &str, host: &str) -> bool {
    let rest = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    rest == Some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_tills_own_names_are_hosts() {
        let allowed = ["127.0.0.1", "localhost", "[::1]", "till.shop.lan"].map(str::to_owned);
        for own in ["127.0.0.1:8470", "localhost", "[::1]:8470", "[::1]", "till.shop.lan:80"] {
            assert!(is_own(&allowed, own), "{own}");
        }
        for foreign in
            ["", "evil.example", "127.0.0.1.evil.example:8470", "localhost:8470.evil", "10.0.0.1:8470"]
        {
            assert!(!is_own(&allowed, foreign), "{foreign}");
        }
    }

    #[test]
    fn an_origin_is_the_host_itself() {
        assert!(origin_is("http://127.0.0.1:8470", "127.0.0.1:8470"));
        for foreign in ["null", "http://evil.example", "http://127.0.0.1:8471", "127.0.0.1:8470"] {
            assert!(!origin_is(foreign, "127.0.0.1:8470"), "{foreign}");
        }
    }
}
