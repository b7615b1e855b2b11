//! The cookies of a browser.

use http::{HeaderMap, header};

/// Holds the token of a session.
pub const TOKEN_COOKIE: &str = "chit";
/// Says that somebody has signed in at this browser before; it opens nothing.
pub const BROWSER_COOKIE: &str = "chit-browser";
pub const LANG_COOKIE: &str = "chit-lang";

pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}
