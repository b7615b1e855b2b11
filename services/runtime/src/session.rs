//! The session that goes with a call: who signed in, as a token in the metadata. A service that has sessions of its own
//! (checkout) learns from it which person acts; nobody is believed by name.

use std::fmt;

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};

/// Metadata of a signed-in person's call.
pub const SESSION: HeaderName = HeaderName::from_static("chit-session");
/// Metadata of a paired device's call.
pub const DEVICE: HeaderName = HeaderName::from_static("chit-device");

tokio::task_local! {
    static CURRENT: Token;
}

/// A session's or a device's token. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(HeaderValue);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token is 1 to 128 printable ASCII characters without spaces")]
pub struct TokenError;

/// Longer ones are nobody's.
const CHARS_MAX: usize = 128;

impl Token {
    /// ```
    /// use chit_runtime::session::Token;
    ///
    /// let token = Token::new("5d41402abc4b2a76").unwrap();
    /// assert_eq!(format!("{token:?}"), "Token(…)");
    /// assert!(Token::new("two words").is_err());
    /// ```
    pub fn new(text: &str) -> Result<Self, TokenError> {
        if text.is_empty() || text.len() > CHARS_MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError);
        }
        let mut value = HeaderValue::from_str(text).map_err(|_no_header| TokenError)?;
        value.set_sensitive(true);
        Ok(Self(value))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Calls that `work` makes carry this session, whatever client they go through.
pub async fn scope<F: Future>(token: Token, work: F) -> F::Output {
    CURRENT.scope(token, work).await
}

/// The task's session goes before the channel's own.
pub(crate) fn send(own: Option<&Token>, headers: &mut HeaderMap) {
    let current = CURRENT.try_with(Clone::clone).ok();
    if let Some(token) = current.as_ref().or(own)
        && !headers.contains_key(SESSION)
    {
        headers.insert(SESSION, token.0.clone());
    }
}

/// What a caller sent under this name.
pub fn sent<T>(request: &tonic::Request<T>, name: &HeaderName) -> Option<String> {
    Some(request.metadata().get(name.as_str())?.to_str().ok()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_s_session_goes_before_the_channel_s_own() {
        let (own, of_task) = (Token::new("own").unwrap(), Token::new("task").unwrap());
        let sent_by = |own: Option<&Token>| {
            let mut headers = HeaderMap::new();
            send(own, &mut headers);
            headers.get(SESSION).map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(sent_by(None), None);
        assert_eq!(sent_by(Some(&own)).as_deref(), Some("own"));
        let inside = scope(of_task, async { sent_by(Some(&own)) }).await;
        assert_eq!(inside.as_deref(), Some("task"));
    }
}
