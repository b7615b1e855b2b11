//! What the issuer's people did with cards: each act has its actor, who proved it, and the hash of the act before.

/// The numbers are stored: never change one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Act {
    Made = 1,
    HandedOver = 2,
    Closed = 3,
    Reopened = 4,
    Replaced = 5,
}

impl Act {
    pub fn from_number(number: u32) -> Option<Self> {
        let all = [Self::Made, Self::HandedOver, Self::Closed, Self::Reopened, Self::Replaced];
        all.into_iter().find(|act| *act as u32 == number)
    }
}

/// An act as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Custody {
    pub at_ms: i64,
    pub actor: String,
    pub act: Act,
    /// The issuer's name for the card.
    pub card: [u8; 8],
    /// Of REPLACED: the card that the payer has from now on.
    pub new_card: Option<[u8; 8]>,
    /// SHA-256 of the act before, as stored; zeros of the first.
    pub previous_sha256: [u8; 32],
}
