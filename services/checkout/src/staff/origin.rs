//! Wrong PINs are counted by name and origin: nobody locks another out from outside.

/// Where PINs come from. All callers that are not known one by one share an origin.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Origin(String);

impl Origin {
    /// A Unix user that is no till, or the machine's own.
    pub fn shared() -> Self {
        Self("shop".into())
    }

    /// A till's process, a paired device or a certificate, by its name in the history.
    pub fn of(caller: &str) -> Self {
        Self(caller.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
