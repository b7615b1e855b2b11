//! Settlement batches and disputes as stored.

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum BatchState {
    Unspecified = 0,
    Submitted = 1,
    Settled = 2,
}

/// The record of one batch.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Batch {
    #[prost(string, tag = "1")]
    pub batch_id: String,
    #[prost(enumeration = "BatchState", tag = "2")]
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum DisputeState {
    Unspecified = 0,
    Open = 1,
    Upheld = 2,
    Dismissed = 3,
    Withdrawn = 4,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum DisputeCause {
    Unspecified = 0,
    NotMine = 1,
    WrongGoods = 2,
    InPerson = 3,
}

/// The record of one dispute.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Dispute {
    #[prost(string, tag = "1")]
    pub dispute_id: String,
    #[prost(string, tag = "2")]
    pub sale_id: String,
    #[prost(enumeration = "DisputeState", tag = "3")]
    pub state: i32,
    #[prost(enumeration = "DisputeCause", tag = "4")]
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
