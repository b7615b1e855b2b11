//! Short texts that travel into the journal for ever.

/// Longest actor, subject or reference, in characters.
pub const LABEL_CHARS_MAX: usize = 64;

fn is_label(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= LABEL_CHARS_MAX && !text.chars().any(char::is_control)
}

macro_rules! label_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// 1 to 64 characters, no control characters.
            pub fn parse(text: &str) -> Option<Self> {
                is_label(text).then(|| Self(text.to_owned()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

label_newtype!(
    /// Who caused a change: a staff name or "system".
    Actor
);
label_newtype!(
    /// What a transfer or fact is about, usually a sale's ULID.
    Subject
);

impl Actor {
    /// The ledger itself, for changes without a caller (expiry).
    pub fn system() -> Self {
        Self("system".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_short_and_printable() {
        assert!(Actor::parse("张三").is_some());
        assert!(Subject::parse(&"x".repeat(64)).is_some());
        assert!(Subject::parse(&"x".repeat(65)).is_none());
        assert!(Subject::parse("a\nb").is_none());
        assert!(Actor::parse("").is_none());
    }
}
