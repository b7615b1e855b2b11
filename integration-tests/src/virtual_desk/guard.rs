//! The same manners as the till's (services/till/src/guard.rs): the desk holds PINs, so no other site may reach it. Known
//! Host, own Origin, an own header on every POST, a strict CSP.

use axum::extract::Request;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

const OWN_HEADER: &str = "x-chit";
const OWN_NAMES: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

pub async fn check(request: Request, next: Next) -> Response {
    let mut response = match refusal(request.method(), request.headers()) {
        Some(status) => status.into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn refusal(method: &Method, headers: &HeaderMap) -> Option<StatusCode> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    if !OWN_NAMES.contains(&without_port(host)) {
        return Some(StatusCode::MISDIRECTED_REQUEST);
    }
    if method == Method::GET || method == Method::HEAD {
        return None;
    }
    let own_header = headers.get(OWN_HEADER).is_some_and(|value| value == "1");
    let own_origin = text(header::ORIGIN)
        .is_none_or(|origin| origin.strip_prefix("http://").is_some_and(|from| from == host));
    (!(own_header && own_origin)).then_some(StatusCode::FORBIDDEN)
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        all.iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn only_names_of_this_machine_are_hosts() {
        for own in ["127.0.0.1:8471", "localhost", "[::1]:8471"] {
            assert_eq!(refusal(&Method::GET, &headers(&[("host", own)])), None, "{own}");
        }
        for foreign in ["", "evil.example", "127.0.0.1.evil.example:8471", "10.0.0.1:8471"] {
            let refused = refusal(&Method::GET, &headers(&[("host", foreign)]));
            assert_eq!(refused, Some(StatusCode::MISDIRECTED_REQUEST), "{foreign}");
        }
    }

    #[test]
    fn a_post_needs_the_own_header_and_no_foreign_origin() {
        let host = ("host", "127.0.0.1:8471");
        let own = [host, ("x-chit", "1"), ("origin", "http://127.0.0.1:8471")];
        assert_eq!(refusal(&Method::POST, &headers(&own)), None);
        let foreign = [host, ("x-chit", "1"), ("origin", "http://evil.example")];
        for refused in [&[host][..], &foreign] {
            assert_eq!(refusal(&Method::POST, &headers(refused)), Some(StatusCode::FORBIDDEN));
        }
    }
}
