//! Who has signed in. A token is 256 random bits; only its hash is stored.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::origin::Origin;

/// A working day, and no night.
pub const LASTS: SignedDuration = SignedDuration::from_hours(12);
/// Sessions of one person; the oldest ends when one more begins.
pub const PER_PERSON_MAX: usize = 16;
/// Sessions of the shop; likewise.
pub const ALL_MAX: usize = 256;
const TOKEN_CHARS: usize = 64;

/// What a session or a device is stored under.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TokenHash(pub [u8; 32]);

/// The token as its owner sends it. No Debug: it must not reach a log.
pub struct NewToken(String);

impl NewToken {
    pub fn of(random: [u8; 32]) -> Self {
        Self(hex::encode(random))
    }

    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }

    pub fn into_text(self) -> String {
        self.0
    }
}

impl TokenHash {
    /// Of what a caller sent; `None` if it cannot be a token.
    pub fn of_sent(text: &str) -> Option<Self> {
        let hexadecimal = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (text.len() == TOKEN_CHARS && hexadecimal).then(|| Self(Sha256::digest(text.as_bytes()).into()))
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    pub person: String,
    pub origin: Origin,
    /// In the machine's time, not the sandbox's: a day that is skipped there signs nobody out.
    pub opened_at: Timestamp,
}

impl Session {
    pub fn expires_at(&self) -> Timestamp {
        self.opened_at + LASTS
    }

    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.expires_at()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_by_its_hash_and_nothing_else_is_one() {
        let token = NewToken::of([7; 32]);
        let hash = token.hash();
        let text = token.into_text();
        assert_eq!(TokenHash::of_sent(&text), Some(hash));
        for other in ["", "07", &text.to_uppercase().replace('0', "A"), &format!("{text}0")] {
            assert_ne!(TokenHash::of_sent(other), Some(hash), "{other}");
        }
    }
}
