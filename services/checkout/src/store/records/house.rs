//! Payers' accounts in the shop as stored.

#[derive(Clone, PartialEq, prost::Message)]
pub struct Charge {
    #[prost(bytes = "vec", tag = "1")]
    pub sale_id: Vec<u8>,
    #[prost(string, tag = "2")]
    pub number: String,
    #[prost(int64, tag = "3")]
    pub left_minor: i64,
    /// "2026-11-24"
    #[prost(string, tag = "4")]
    pub due_on: String,
    #[prost(bool, tag = "5")]
    pub reminded: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct HouseAccount {
    #[prost(message, repeated, tag = "1")]
    pub open: Vec<Charge>,
    #[prost(int64, tag = "2")]
    pub credit_minor: i64,
}

/// A line of a statement.
#[derive(Clone, PartialEq, prost::Message)]
pub struct HouseEntry {
    #[prost(uint32, tag = "1")]
    pub kind: u32,
    #[prost(int64, tag = "2")]
    pub amount_minor: i64,
    #[prost(int64, tag = "3")]
    pub at_ms: i64,
    #[prost(string, tag = "4")]
    pub by: String,
    #[prost(bytes = "vec", tag = "5")]
    pub sale_id: Vec<u8>,
    #[prost(string, tag = "6")]
    pub number: String,
    #[prost(string, tag = "7")]
    pub due_on: String,
    #[prost(bytes = "vec", tag = "8")]
    pub transfer_id: Vec<u8>,
}
