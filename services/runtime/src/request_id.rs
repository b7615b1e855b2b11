//! AIP-155: the caller's id of a mutation, so that a repeated call gets the first answer.

use crate::error;
use sha2::{Digest, Sha256};
use tonic::Status;

const LEN_MAX: usize = 64;

/// ```
/// use chit_runtime::request_id;
///
/// assert!(request_id::check("01JDQ0XW7E-commit").is_ok());
/// assert!(request_id::check("").is_err(), "a mutation without an id could be done twice");
/// ```
pub fn check(id: &str) -> Result<(), Status> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if (1..=LEN_MAX).contains(&id.len()) && id.bytes().all(allowed) {
        return Ok(());
    }
    let remedy = "send 1 to 64 characters of A-Z a-z 0-9 _ -, new for each intent, same for each retry";
    Err(error::bad_field("request_id", "REQUEST_ID_INVALID", remedy))
}

/// Tells a retry from another body under the same id. Maps must not be in such messages: their order is random.
///
/// ```
/// use chit_runtime::request_id::fingerprint;
/// use prost_types::Duration;
///
/// let first = Duration { seconds: 24, nanos: 0 };
/// assert_eq!(fingerprint(&first), fingerprint(&first.clone()), "a retry");
/// assert_ne!(fingerprint(&first), fingerprint(&Duration { seconds: 25, ..first }), "another intent");
/// ```
pub fn fingerprint(message: &impl prost::Message) -> [u8; 32] {
    Sha256::digest(message.encode_to_vec()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_short_and_plain() {
        let longest = "a".repeat(64);
        for good in ["a", "01J-x_Y", longest.as_str()] {
            assert!(check(good).is_ok(), "{good}");
        }
        let too_long = "a".repeat(65);
        for bad in ["", "a b", "é", "a/b", too_long.as_str()] {
            let status = check(bad).unwrap_err();
            assert_eq!(status.code(), tonic::Code::InvalidArgument);
            assert_eq!(error::reason_of(&status).as_deref(), Some("REQUEST_ID_INVALID"));
        }
    }

    #[test]
    fn the_fingerprint_follows_the_body() {
        let at = |seconds| prost_types::Timestamp { seconds, nanos: 0 };
        assert_eq!(fingerprint(&at(1)), fingerprint(&at(1)));
        assert_ne!(fingerprint(&at(1)), fingerprint(&at(2)));
    }
}
