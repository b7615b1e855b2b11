//! What kind of message it is, which decides how urgent it is and what an unknown outcome means.

/// Priorities: 1 goes first.
pub const PRIORITY_MAX: u8 = 9;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Challenge,
    Notice,
    Answer,
}

impl Class {
    /// A payer who wrote waits for the answer; a notice can wait for both.
    pub fn priority(self) -> u8 {
        match self {
            Self::Answer => 3,
            Self::Challenge => 5,
            Self::Notice => 7,
        }
    }

    /// A challenge's text and code are the same, so a second copy does no harm; anything else waits for a person.
    pub fn on_unknown(self) -> OnUnknown {
        match self {
            Self::Challenge => OnUnknown::ResendOnce,
            Self::Notice | Self::Answer => OnUnknown::Hold,
        }
    }
}

/// What happens, after the wait, to a message that may or may not have been sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnknown {
    Hold,
    ResendOnce,
}
