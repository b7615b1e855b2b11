//! Sales and lanes as stored.

#[derive(Clone, PartialEq, prost::Message)]
pub struct Line {
    #[prost(string, tag = "1")]
    pub gtin: String,
    #[prost(string, tag = "2")]
    pub description: String,
    #[prost(int64, tag = "3")]
    pub quantity_milli: i64,
    #[prost(int64, tag = "4")]
    pub unit_price_minor: i64,
    #[prost(int64, tag = "5")]
    pub total_minor: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Presented {
    #[prost(bytes = "vec", tag = "1")]
    pub payer_id: Vec<u8>,
    #[prost(uint32, tag = "2")]
    pub source: u32,
    #[prost(string, tag = "3")]
    pub engine: String,
    #[prost(int64, tag = "4")]
    pub at_ms: i64,
    /// 0 = not on record.
    #[prost(uint32, tag = "5")]
    pub code_serial: u32,
    #[prost(uint32, tag = "6")]
    pub risk: u32,
    #[prost(bool, optional, tag = "7")]
    pub same_person: Option<bool>,
    /// The code was issued at another shop's till.
    #[prost(bool, tag = "8")]
    pub foreign: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Receipt {
    #[prost(bytes = "vec", tag = "1")]
    pub job_id: Vec<u8>,
    #[prost(uint32, tag = "2")]
    pub state: u32,
    #[prost(string, tag = "3")]
    pub confidence: String,
    #[prost(bool, tag = "4")]
    pub original_may_exist: bool,
    #[prost(uint32, tag = "5")]
    pub copies: u32,
    #[prost(bytes = "vec", tag = "6")]
    pub lookup_code: Vec<u8>,
    /// Empty = not laid out yet.
    #[prost(string, tag = "7")]
    pub signed_qr: String,
    #[prost(bytes = "vec", tag = "8")]
    pub photo_sha256: Vec<u8>,
    #[prost(int64, optional, tag = "9")]
    pub fence_ms: Option<i64>,
    #[prost(int64, optional, tag = "10")]
    pub last_byte_ms: Option<i64>,
    #[prost(uint64, tag = "11")]
    pub job_revision: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Evidence {
    #[prost(bytes = "vec", tag = "1")]
    pub recording_id: Vec<u8>,
    #[prost(uint32, tag = "2")]
    pub state: u32,
    #[prost(string, repeated, tag = "3")]
    pub partial_reasons: Vec<String>,
    #[prost(bytes = "vec", tag = "4")]
    pub photo_1_sha256: Vec<u8>,
    #[prost(bool, tag = "5")]
    pub photo_1_late: bool,
    #[prost(bytes = "vec", tag = "6")]
    pub photo_2_sha256: Vec<u8>,
    #[prost(bytes = "vec", tag = "7")]
    pub manifest_sha256: Vec<u8>,
    #[prost(bytes = "vec", tag = "8")]
    pub goods_sha256: Vec<u8>,
    #[prost(string, tag = "9")]
    pub override_by: String,
    #[prost(bool, tag = "10")]
    pub video_running: bool,
    #[prost(bool, tag = "11")]
    pub stop_asked: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Sold {
    #[prost(string, tag = "1")]
    pub receipt_no: String,
    #[prost(int64, tag = "2")]
    pub committed_ms: i64,
    /// 1 COMMITTED, 2 PRINTING, 3 RELEASED.
    #[prost(uint32, tag = "3")]
    pub step: u32,
    #[prost(int64, optional, tag = "4")]
    pub released_ms: Option<i64>,
    #[prost(bool, tag = "5")]
    pub released_by_timeout: bool,
    #[prost(message, required, tag = "6")]
    pub receipt: Receipt,
    #[prost(message, required, tag = "7")]
    pub evidence: Evidence,
    #[prost(uint64, tag = "8")]
    pub ledger_seq: u64,
    #[prost(bytes = "vec", tag = "9")]
    pub ledger_root: Vec<u8>,
    #[prost(uint64, tag = "10")]
    pub ledger_tree_size: u64,
    /// Four characters that name the sale to people.
    #[prost(string, tag = "11")]
    pub number: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Voided {
    #[prost(int64, tag = "1")]
    pub at_ms: i64,
    #[prost(string, tag = "2")]
    pub by: String,
    #[prost(bytes = "vec", tag = "3")]
    pub notice_job_id: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Sale {
    #[prost(string, tag = "1")]
    pub till: String,
    #[prost(string, tag = "2")]
    pub lane: String,
    #[prost(string, tag = "3")]
    pub cashier: String,
    #[prost(message, repeated, tag = "4")]
    pub lines: Vec<Line>,
    #[prost(int64, tag = "5")]
    pub total_minor: i64,
    #[prost(string, tag = "6")]
    pub currency_code: String,
    #[prost(int64, tag = "7")]
    pub opened_ms: i64,
    #[prost(string, tag = "8")]
    pub traceparent: String,
    /// 1 DRAFT, 2 PAYER_OK, 3 sold, 4 VOIDED.
    #[prost(uint32, tag = "9")]
    pub stage: u32,
    #[prost(message, optional, tag = "10")]
    pub payer: Option<Presented>,
    /// The ledger is being asked to reserve the amount under this id; empty = it is not.
    #[prost(bytes = "vec", tag = "11")]
    pub reserving: Vec<u8>,
    #[prost(string, tag = "12")]
    pub ledger_refusal: String,
    #[prost(message, optional, tag = "13")]
    pub sold: Option<Sold>,
    #[prost(message, optional, tag = "14")]
    pub voided: Option<Voided>,
    /// Who had a hand in it: they neither approve nor judge it.
    #[prost(string, repeated, tag = "15")]
    pub touched_by: Vec<String>,
    #[prost(int64, tag = "16")]
    pub touched_ms: i64,
}

/// What stands at one till or client.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Lane {
    /// The newest sale whose basket may change.
    #[prost(bytes = "vec", tag = "1")]
    pub draft: Vec<u8>,
    /// The sale that waits for its payer to leave.
    #[prost(bytes = "vec", tag = "2")]
    pub leaving: Vec<u8>,
}
