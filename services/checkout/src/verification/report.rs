//! What the gateway says of a message of ours.

use jiff::Timestamp;

use crate::collection::Alphabet;
use crate::outbox::message::Progress;

#[derive(Clone, Copy, Debug)]
pub struct Report {
    pub progress: Progress,
    pub revision: u64,
    pub text_chars: u32,
    pub alphabet: Alphabet,
    /// When the network took it; an unknown outcome has no such time.
    pub submitted_at: Option<Timestamp>,
}

impl Report {
    /// The gateway did not take it.
    pub fn never_left(progress: Progress) -> Self {
        let (text_chars, alphabet) = (0, Alphabet::Unknown);
        Self { progress, revision: 0, text_chars, alphabet, submitted_at: None }
    }
}
