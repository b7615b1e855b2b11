//! Records as the programs of schema 1 and 2 wrote them: the fields that are read. Times are unix milliseconds with 0
//! for absent; ids are text, empty for absent; states are the interface's numbers, as today.

use prost::Message;

pub use super::v2_sale::{Receipt, Sale, SmsTrace, SoldLine};
use crate::store::records::damaged;
use crate::values::refusal::Result;

#[derive(Clone, PartialEq, prost::Message)]
pub struct Event {
    #[prost(uint64, tag = "1")]
    pub revision: u64,
    #[prost(string, tag = "2")]
    pub actor: String,
    #[prost(int64, tag = "3")]
    pub time_ms: i64,
    /// SHA-256 of the event before it as stored.
    #[prost(bytes = "vec", tag = "4")]
    pub previous_hash: Vec<u8>,
    #[prost(int32, tag = "5")]
    pub kind: i32,
    #[prost(string, tag = "6")]
    pub subject_id: String,
    /// The record after the change.
    #[prost(bytes = "vec", tag = "7")]
    pub snapshot: Vec<u8>,
}

macro_rules! states {
    ($($name:ident = $tag:literal)*) => {$(
        /// The state alone of such a record.
        #[derive(Clone, PartialEq, prost::Message)]
        pub struct $name {
            #[prost(int32, tag = $tag)]
            pub state: i32,
        }
    )*};
}

states! { SaleState = "3" PayerOrBatchState = "2" ChallengeState = "6" DisputeState = "3" }

/// A record inside an event: without the version byte.
pub fn snapshot<M: Message + Default>(bytes: &[u8]) -> Result<M> {
    M::decode(bytes).map_err(|error| damaged(&format!("what changed cannot be read ({error})")))
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Remembered {
    #[prost(bytes = "vec", tag = "1")]
    pub fingerprint: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub response: Vec<u8>,
    #[prost(int64, tag = "3")]
    pub time_ms: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Lockout {
    #[prost(uint32, tag = "1")]
    pub wrong: u32,
    #[prost(int64, tag = "2")]
    pub locked_until_ms: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct Payer {
    #[prost(int32, tag = "2")]
    pub state: i32,
    #[prost(string, tag = "3")]
    pub name: String,
    #[prost(string, tag = "4")]
    pub phone: String,
    /// "zh-CN" or "en".
    #[prost(string, tag = "5")]
    pub language: String,
    #[prost(uint32, tag = "6")]
    pub code_serial: u32,
    #[prost(string, tag = "7")]
    pub valid_to: String,
    #[prost(string, tag = "8")]
    pub card_serial: String,
    #[prost(bytes = "vec", tag = "9")]
    pub rows_burned: Vec<u8>,
    #[prost(uint32, tag = "10")]
    pub wrong_since_right: u32,
    #[prost(bytes = "vec", repeated, tag = "11")]
    pub used_code_hashes: Vec<Vec<u8>>,
    #[prost(string, tag = "12")]
    pub mandate_id: String,
    #[prost(string, tag = "13")]
    pub mandate_job_id: String,
    #[prost(string, tag = "14")]
    pub card_job_id: String,
    /// 0 photo, 1 mandate, 2 card, 3 done.
    #[prost(int32, tag = "15")]
    pub enrol_step: i32,
    #[prost(string, tag = "16")]
    pub code_png_path: String,
    /// Schema 1 alone; later in a table of its own.
    #[prost(bytes = "vec", tag = "17")]
    pub photo_jpeg: Vec<u8>,
    #[prost(string, tag = "18")]
    pub account_id: String,
    #[prost(string, tag = "19")]
    pub open_challenge_id: String,
    #[prost(int64, tag = "20")]
    pub create_ms: i64,
    #[prost(string, tag = "21")]
    pub unasked_day: String,
    #[prost(uint32, tag = "22")]
    pub unasked_count: u32,
    #[prost(string, tag = "23")]
    pub answers_day: String,
    #[prost(uint32, tag = "24")]
    pub answers_count: u32,
    #[prost(int64, tag = "25")]
    pub not_before_ms: i64,
    #[prost(uint32, tag = "27")]
    pub consent_hash: u32,
    #[prost(string, tag = "28")]
    pub traceparent: String,
    #[prost(string, tag = "29")]
    pub approved_by: String,
    #[prost(bool, tag = "30")]
    pub listed: bool,
    #[prost(uint32, tag = "31")]
    pub enrol_rounds: u32,
    #[prost(int64, tag = "32")]
    pub change_ms: i64,
    #[prost(string, tag = "33")]
    pub changed_by: String,
    #[prost(string, tag = "34")]
    pub changed_with: String,
    #[prost(int32, tag = "35")]
    pub change_warning: i32,
    #[prost(string, tag = "36")]
    pub warning_message_id: String,
    #[prost(uint32, tag = "37")]
    pub warning_sends: u32,
    #[prost(int64, tag = "38")]
    pub warning_ms: i64,
    #[prost(uint64, tag = "39")]
    pub warning_revision: u64,
}

impl std::fmt::Debug for Payer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Payer(redacted)")
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Challenge {
    #[prost(string, tag = "2")]
    pub payer_id: String,
    #[prost(string, repeated, tag = "3")]
    pub sale_ids: Vec<String>,
    #[prost(uint32, tag = "4")]
    pub row: u32,
    #[prost(uint32, tag = "5")]
    pub round: u32,
    #[prost(int32, tag = "6")]
    pub state: i32,
    #[prost(uint32, tag = "7")]
    pub wrong_replies: u32,
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
    #[prost(bool, tag = "14")]
    pub reminded: bool,
    #[prost(string, tag = "15")]
    pub card_serial: String,
    #[prost(int64, tag = "16")]
    pub create_ms: i64,
    /// How long the shop's modem could not send or receive meanwhile.
    #[prost(int64, tag = "17")]
    pub paused_ms: i64,
    #[prost(bytes = "vec", tag = "18")]
    pub text_salt: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Batch {
    #[prost(int32, tag = "2")]
    pub state: i32,
    #[prost(string, tag = "3")]
    pub rail: String,
    #[prost(string, repeated, tag = "4")]
    pub sale_ids: Vec<String>,
    #[prost(int64, tag = "5")]
    pub total_minor: i64,
    #[prost(string, tag = "6")]
    pub currency_code: String,
    #[prost(int64, tag = "7")]
    pub create_ms: i64,
    #[prost(string, tag = "8")]
    pub actor: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Dispute {
    #[prost(string, tag = "2")]
    pub sale_id: String,
    #[prost(int32, tag = "3")]
    pub state: i32,
    #[prost(int32, tag = "4")]
    pub cause: i32,
    #[prost(string, tag = "5")]
    pub opened_by: String,
    #[prost(string, tag = "6")]
    pub resolved_by: String,
    #[prost(int64, tag = "7")]
    pub create_ms: i64,
    #[prost(int64, tag = "8")]
    pub resolve_ms: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct OutMessage {
    #[prost(string, tag = "2")]
    pub to: String,
    #[prost(string, tag = "3")]
    pub text: String,
    #[prost(int32, tag = "4")]
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
        out.write_str("OutMessage(redacted)")
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct OutFact {
    #[prost(int32, tag = "2")]
    pub kind: i32,
    #[prost(string, tag = "3")]
    pub subject_id: String,
    #[prost(bytes = "vec", tag = "4")]
    pub sha256: Vec<u8>,
    #[prost(string, tag = "5")]
    pub actor: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Effect {
    #[prost(int32, tag = "1")]
    pub kind: i32,
    #[prost(string, tag = "2")]
    pub subject_id: String,
    /// Fixed id of what is made at the far side, where the subject's record does not hold it.
    #[prost(string, tag = "3")]
    pub far_id: String,
}
