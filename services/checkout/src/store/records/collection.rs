//! Deductions, batches and the sums of a day as stored.

/// One attempt to collect.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Presentment {
    #[prost(bytes = "vec", tag = "1")]
    pub id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub batch_id: Vec<u8>,
    #[prost(int64, tag = "3")]
    pub submitted_ms: i64,
    #[prost(int64, optional, tag = "4")]
    pub settled_ms: Option<i64>,
    #[prost(int64, optional, tag = "5")]
    pub returned_ms: Option<i64>,
    #[prost(string, tag = "6")]
    pub return_reason: String,
    #[prost(int64, tag = "7")]
    pub amount_minor: i64,
    /// "2026-11-24"
    #[prost(string, tag = "8")]
    pub collect_on: String,
    #[prost(int64, optional, tag = "9")]
    pub accepted_ms: Option<i64>,
}

/// Cash that the payer paid, the whole or a part.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Payment {
    #[prost(bytes = "vec", tag = "1")]
    pub id: Vec<u8>,
    #[prost(int64, tag = "2")]
    pub amount_minor: i64,
    #[prost(int64, tag = "3")]
    pub at_ms: i64,
    #[prost(string, tag = "4")]
    pub by: String,
}

/// Money that went back to the payer.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Refund {
    #[prost(bytes = "vec", tag = "1")]
    pub id: Vec<u8>,
    #[prost(int64, tag = "2")]
    pub amount_minor: i64,
    #[prost(int64, tag = "3")]
    pub at_ms: i64,
    #[prost(string, tag = "4")]
    pub by: String,
    #[prost(bytes = "vec", tag = "5")]
    pub notice_job_id: Vec<u8>,
    #[prost(bool, tag = "6")]
    pub in_cash: bool,
}

/// An objection that was upheld while the sale was in a batch.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Upheld {
    #[prost(string, tag = "1")]
    pub by: String,
    #[prost(bytes = "vec", tag = "2")]
    pub by_rail: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    pub in_cash: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    pub notice_job_id: Vec<u8>,
}

/// An SMS of the dialogue, without text and number.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SmsTrace {
    /// Empty for a payer's message.
    #[prost(bytes = "vec", tag = "1")]
    pub message_id: Vec<u8>,
    /// Number in the gateway's inbox; 0 for a message of ours.
    #[prost(uint64, tag = "2")]
    pub inbound_seq: u64,
    #[prost(uint32, tag = "3")]
    pub progress: u32,
    #[prost(uint32, tag = "4")]
    pub text_chars: u32,
    #[prost(uint32, tag = "5")]
    pub alphabet: u32,
    #[prost(uint32, tag = "6")]
    pub purpose: u32,
    /// The gateway's revision of the message.
    #[prost(uint64, tag = "7")]
    pub revision: u64,
}

/// The notice before a bad record.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Notice {
    #[prost(bytes = "vec", tag = "1")]
    pub message_id: Vec<u8>,
    /// When the network took it, on the heard clock.
    #[prost(int64, optional, tag = "2")]
    pub since_heard_ms: Option<i64>,
    #[prost(bool, tag = "3")]
    pub needs_person: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Deduction {
    #[prost(bytes = "vec", tag = "1")]
    pub payer_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub account_id: Vec<u8>,
    #[prost(int64, tag = "3")]
    pub amount_minor: i64,
    #[prost(string, tag = "4")]
    pub currency_code: String,
    #[prost(string, tag = "5")]
    pub number: String,
    #[prost(int64, tag = "6")]
    pub sold_ms: i64,
    /// "20261124"
    #[prost(string, tag = "7")]
    pub day: String,
    #[prost(uint32, tag = "8")]
    pub state: u32,
    #[prost(message, optional, tag = "9")]
    pub notice: Option<Notice>,
    #[prost(int64, optional, tag = "10")]
    pub listed_ms: Option<i64>,
    #[prost(bytes = "vec", tag = "11")]
    pub manifest_sha256: Vec<u8>,
    #[prost(bool, tag = "12")]
    pub evidence_whole: bool,
    #[prost(bytes = "vec", tag = "13")]
    pub challenge_id: Vec<u8>,
    #[prost(uint32, tag = "14")]
    pub rounds: u32,
    #[prost(int64, optional, tag = "15")]
    pub not_before_ms: Option<i64>,
    #[prost(bool, tag = "16")]
    pub operator_released: bool,
    #[prost(bool, tag = "17")]
    pub delivered: bool,
    #[prost(bool, tag = "18")]
    pub last_round: bool,
    #[prost(bool, tag = "19")]
    pub held: bool,
    #[prost(bytes = "vec", repeated, tag = "20")]
    pub disputes: Vec<Vec<u8>>,
    #[prost(bytes = "vec", tag = "21")]
    pub pending: Vec<u8>,
    #[prost(bytes = "vec", tag = "22")]
    pub resolve: Vec<u8>,
    #[prost(message, repeated, tag = "23")]
    pub presentments: Vec<Presentment>,
    #[prost(message, repeated, tag = "24")]
    pub payments: Vec<Payment>,
    #[prost(message, repeated, tag = "25")]
    pub refunds: Vec<Refund>,
    #[prost(message, repeated, tag = "26")]
    pub sms: Vec<SmsTrace>,
    /// Why the ledger refuses to post it; empty = it does not.
    #[prost(string, tag = "27")]
    pub parked: String,
    #[prost(int64, optional, tag = "28")]
    pub listed_until_ms: Option<i64>,
    #[prost(message, optional, tag = "29")]
    pub upheld: Option<Upheld>,
    /// The day on which the payer was told that it is debited.
    #[prost(string, tag = "30")]
    pub debit_on: String,
    /// What follows a return.
    #[prost(uint32, tag = "31")]
    pub after_return: u32,
    #[prost(string, tag = "32")]
    pub again_on: String,
    #[prost(bytes = "vec", tag = "33")]
    pub again_message_id: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Batch {
    #[prost(uint32, tag = "1")]
    pub state: u32,
    #[prost(string, tag = "2")]
    pub rail: String,
    #[prost(uint32, tag = "3")]
    pub count: u32,
    #[prost(int64, tag = "4")]
    pub total_minor: i64,
    #[prost(string, tag = "5")]
    pub currency_code: String,
    #[prost(int64, tag = "6")]
    pub created_ms: i64,
    #[prost(string, tag = "7")]
    pub actor: String,
}

/// Running sums of the sales with this day's receipt numbers.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct DaySums {
    #[prost(int64, tag = "1")]
    pub gross_minor: i64,
    #[prost(int64, tag = "2")]
    pub settled_minor: i64,
    #[prost(int64, tag = "3")]
    pub open_minor: i64,
    #[prost(int64, tag = "4")]
    pub bad_minor: i64,
    #[prost(int64, tag = "5")]
    pub written_off_minor: i64,
    #[prost(int64, tag = "6")]
    pub paid_otherwise_minor: i64,
    #[prost(int64, tag = "7")]
    pub void_minor: i64,
    #[prost(int64, tag = "8")]
    pub refunds_minor: i64,
    #[prost(uint32, tag = "9")]
    pub sales: u32,
    /// Cash for payers' accounts in the shop, on the day on which it was counted.
    #[prost(int64, tag = "10")]
    pub paid_in_minor: i64,
}
