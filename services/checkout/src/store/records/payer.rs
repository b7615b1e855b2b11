//! Payers as stored.

/// What a stranger must not read; sealed.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct Personal {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub phone: String,
    /// Whoever knows it may freeze the payer.
    #[prost(uint32, tag = "3")]
    pub card_serial: u32,
    /// Rows that an issuer assigned, in the order in which they are asked, a byte each.
    #[prost(bytes = "vec", tag = "4")]
    pub issued_rows: Vec<u8>,
    /// The issuer's name for the card, 8 bytes; none = the shop prints its cards.
    #[prost(bytes = "vec", tag = "5")]
    pub issued_id: Vec<u8>,
}

impl std::fmt::Debug for Personal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Personal(redacted)")
    }
}

/// The newest change of phone or card.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Change {
    #[prost(int64, tag = "1")]
    pub at_ms: i64,
    #[prost(string, tag = "2")]
    pub by: String,
    #[prost(string, tag = "3")]
    pub with: String,
    #[prost(uint32, tag = "4")]
    pub warning: u32,
    #[prost(bytes = "vec", tag = "5")]
    pub message_id: Vec<u8>,
    #[prost(uint32, tag = "6")]
    pub sends: u32,
    #[prost(int64, tag = "7")]
    pub sent_ms: i64,
    #[prost(uint64, tag = "8")]
    pub revision: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Daily {
    /// "2026-11-24"
    #[prost(string, tag = "1")]
    pub day: String,
    #[prost(uint32, tag = "2")]
    pub sent: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Payer {
    #[prost(bytes = "vec", tag = "1")]
    pub personal: Vec<u8>,
    #[prost(uint32, tag = "2")]
    pub state: u32,
    #[prost(bool, tag = "3")]
    pub english: bool,
    #[prost(uint32, tag = "4")]
    pub code_serial: u32,
    /// "2027-02-22"
    #[prost(string, tag = "5")]
    pub valid_to: String,
    #[prost(string, tag = "6")]
    pub code_png_path: String,
    /// Keyed hash of the card's serial: tells one card from the next.
    #[prost(bytes = "vec", tag = "7")]
    pub card: Vec<u8>,
    #[prost(bytes = "vec", tag = "8")]
    pub rows_burned: Vec<u8>,
    #[prost(uint32, tag = "9")]
    pub wrong_since_right: u32,
    #[prost(bytes = "vec", repeated, tag = "10")]
    pub used_codes: Vec<Vec<u8>>,
    #[prost(bytes = "vec", tag = "11")]
    pub mandate_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "12")]
    pub mandate_job_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "13")]
    pub card_job_id: Vec<u8>,
    #[prost(uint32, tag = "14")]
    pub papers: u32,
    #[prost(bytes = "vec", tag = "15")]
    pub account_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "16")]
    pub open_challenge: Vec<u8>,
    #[prost(int64, tag = "17")]
    pub enrolled_ms: i64,
    #[prost(message, optional, tag = "18")]
    pub unasked: Option<Daily>,
    #[prost(message, optional, tag = "19")]
    pub answers: Option<Daily>,
    #[prost(int64, optional, tag = "20")]
    pub not_before_ms: Option<i64>,
    #[prost(uint32, tag = "21")]
    pub consent: u32,
    #[prost(string, tag = "22")]
    pub traceparent: String,
    #[prost(string, tag = "23")]
    pub approved_by: String,
    #[prost(bool, tag = "24")]
    pub listed: bool,
    #[prost(uint32, tag = "25")]
    pub enrol_rounds: u32,
    #[prost(message, optional, tag = "26")]
    pub change: Option<Change>,
    #[prost(int64, optional, tag = "27")]
    pub locked_heard_ms: Option<i64>,
    /// The card was reported lost.
    #[prost(bool, tag = "28")]
    pub card_lost: bool,
    #[prost(bool, tag = "29")]
    pub frozen: bool,
    #[prost(string, optional, tag = "30")]
    pub enrolled_by: Option<String>,
    #[prost(uint32, tag = "31")]
    pub chances_since_right: u32,
    /// Whether the payer's code has to be replaced, and was.
    #[prost(uint32, tag = "32")]
    pub code_care: u32,
    /// On the heard clock.
    #[prost(int64, optional, tag = "33")]
    pub forwarded_heard_ms: Option<i64>,
}
