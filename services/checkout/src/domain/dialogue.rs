//! Challenges and outgoing messages as stored.

use super::name::Named;
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum ChallengeState {
    Unspecified = 0,
    Sending = 1,
    Open = 2,
    Answered = 3,
    Over = 4,
    Expired = 5,
    Cancelled = 6,
}

impl ChallengeState {
    pub fn is_running(self) -> bool {
        matches!(self, Self::Sending | Self::Open)
    }
}

/// The record of one challenge. Times are business time in unix milliseconds.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Challenge {
    #[prost(string, tag = "1")]
    pub challenge_id: String,
    #[prost(string, tag = "2")]
    pub payer_id: String,
    #[prost(string, repeated, tag = "3")]
    pub sale_ids: Vec<String>,
    #[prost(uint32, tag = "4")]
    pub row: u32,
    #[prost(uint32, tag = "5")]
    pub round: u32,
    #[prost(enumeration = "ChallengeState", tag = "6")]
    pub state: i32,
    #[prost(uint32, tag = "7")]
    pub wrong_replies: u32,
    /// Keyed hashes of the distinct wrong codes.
    #[prost(bytes = "vec", repeated, tag = "8")]
    pub wrong_hashes: Vec<Vec<u8>>,
    #[prost(string, tag = "9")]
    pub message_id: String,
    #[prost(int64, tag = "10")]
    pub submit_ms: i64,
    #[prost(int64, tag = "11")]
    pub expire_ms: i64,
    #[prost(bool, tag = "12")]
    pub delivered: bool,
    #[prost(string, tag = "13")]
    pub proof: String,
    #[prost(bool, tag = "14")]
    pub reminded: bool,
    /// Serial of the card its row belongs to.
    #[prost(string, tag = "15")]
    pub card_serial: String,
    #[prost(int64, tag = "16")]
    pub create_ms: i64,
    /// Milliseconds during which the shop's modem could not send or receive: added to the payer's time.
    #[prost(int64, tag = "17")]
    pub paused_ms: i64,
    /// Random bytes in front of the text under its hash in the ledger.
    #[prost(bytes = "vec", tag = "18")]
    pub text_salt: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum Purpose {
    None = 0,
    Challenge = 1,
    Reminder = 2,
    Answer = 3,
    Notice = 4,
    /// To the number a payer had when his phone or card was changed.
    Warning = 5,
}

/// An outgoing message until the gateway has taken it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
#[prost(skip_debug)]
pub struct OutMessage {
    #[prost(string, tag = "1")]
    pub message_id: String,
    #[prost(string, tag = "2")]
    pub to: String,
    #[prost(string, tag = "3")]
    pub text: String,
    #[prost(enumeration = "Purpose", tag = "4")]
    pub purpose: i32,
    #[prost(string, tag = "5")]
    pub challenge_id: String,
    #[prost(string, repeated, tag = "6")]
    pub sale_ids: Vec<String>,
    #[prost(int64, tag = "7")]
    pub not_after_ms: i64,
    #[prost(string, tag = "8")]
    pub payer_id: String,
}

impl std::fmt::Debug for OutMessage {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "OutMessage({}, {})", self.message_id, self.purpose().name())
    }
}

/// A fact for the ledger until it is recorded there.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct OutFact {
    #[prost(string, tag = "1")]
    pub fact_id: String,
    /// chit.ledger.v1.FactKind.
    #[prost(int32, tag = "2")]
    pub kind: i32,
    #[prost(string, tag = "3")]
    pub subject_id: String,
    #[prost(bytes = "vec", tag = "4")]
    pub sha256: Vec<u8>,
    #[prost(string, tag = "5")]
    pub actor: String,
}
