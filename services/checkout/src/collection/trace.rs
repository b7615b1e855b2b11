//! The SMS of the dialogue about a deduction, without text and number.

use crate::outbox::message::{Progress, Purpose};
use crate::values::ids::MessageId;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TraceId {
    Ours(MessageId),
    /// Number in the gateway's inbox.
    Theirs(u64),
}

impl std::fmt::Display for TraceId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ours(id) => id.fmt(out),
            Self::Theirs(seq) => write!(out, "in-{seq}"),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    Sent(Purpose),
    Reply,
}

/// How the text was written on its way; the numbers are the gateway's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Alphabet {
    #[default]
    Unknown = 0,
    Gsm7 = 1,
    Ucs2 = 2,
    Octets = 3,
}

impl Alphabet {
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Gsm7, Self::Ucs2, Self::Octets];
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SmsTrace {
    pub id: TraceId,
    pub subject: Subject,
    pub progress: Progress,
    pub text_chars: u32,
    pub alphabet: Alphabet,
    /// The gateway's revision of the message: an older report never overwrites a newer one.
    pub revision: u64,
}
