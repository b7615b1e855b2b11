//! A challenge: one row of a card, asked for up to three sales or for an enrolment.

use jiff::Timestamp;

use crate::payer::code_card::{CodeHash, Row};
use crate::values::ids::{ChallengeId, MessageId, PayerId, SaleId};
use crate::values::time::HOUR_MS;

/// 24 h from *submitted*.
pub const VALID_MS: i64 = 24 * HOUR_MS;

/// The numbers are the interface's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeState {
    Sending = 1,
    Open = 2,
    Answered = 3,
    /// Three wrong tries.
    Over = 4,
    Expired = 5,
    /// Its text no longer states what is owed, or it never left the shop.
    Cancelled = 6,
}

impl ChallengeState {
    pub const ALL: [Self; 6] =
        [Self::Sending, Self::Open, Self::Answered, Self::Over, Self::Expired, Self::Cancelled];

    pub fn is_running(self) -> bool {
        matches!(self, Self::Sending | Self::Open)
    }
}

impl From<ChallengeState> for i32 {
    fn from(state: ChallengeState) -> Self {
        state as Self
    }
}

/// What a right answer does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Asks {
    /// It proves phone and card together, and pays nothing.
    Enrolment,
    /// In the order of the text: `0 2` is the second.
    Sales(Vec<SaleId>),
}

impl Asks {
    pub fn sales(&self) -> &[SaleId] {
        match self {
            Self::Enrolment => &[],
            Self::Sales(sales) => sales,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Challenge {
    pub id: ChallengeId,
    pub payer: PayerId,
    pub asks: Asks,
    pub row: Row,
    pub round: u8,
    pub state: ChallengeState,
    pub wrong_tries: u8,
    /// Keyed hashes of the distinct wrong codes.
    pub wrong_codes: Vec<CodeHash>,
    pub message: MessageId,
    pub created_at: Timestamp,
    pub submitted_at: Option<Timestamp>,
    /// In milliseconds of the heard clock; none until it is submitted.
    pub ends_heard_ms: Option<i64>,
    pub delivered: bool,
    /// Over the manifests of its sales, in the order of the text.
    pub evidence_sha256: [u8; 32],
    pub reminded: bool,
    /// Which card its row belongs to.
    pub card: [u8; 16],
    pub text_salt: [u8; 16],
    /// What the issuer signed when it found a reply right; empty where this shop judges, or nothing was right yet.
    pub verdict: Vec<u8>,
}

impl Challenge {
    /// An answer, right or wrong, shows that the message arrived; it may overtake the report that it is out.
    pub fn arrived(&mut self, heard_ms: i64) {
        self.delivered = true;
        self.ends_heard_ms.get_or_insert(heard_ms + VALID_MS);
    }

    /// What the ledger is told it is about.
    pub fn subject(&self) -> String {
        match self.asks.sales().first() {
            Some(sale) => sale.to_string(),
            None => self.id.to_string(),
        }
    }
}
