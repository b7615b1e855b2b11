//! The end of the chain of events.

/// The newest event: its number and hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Chain {
    pub revision: u64,
    pub hash: [u8; 32],
}
