//! Disputes as stored.

#[derive(Clone, PartialEq, prost::Message)]
pub struct Dispute {
    #[prost(bytes = "vec", tag = "1")]
    pub sale_id: Vec<u8>,
    #[prost(uint32, tag = "2")]
    pub state: u32,
    #[prost(uint32, tag = "3")]
    pub cause: u32,
    #[prost(string, tag = "4")]
    pub opened_by: String,
    #[prost(string, tag = "5")]
    pub resolved_by: String,
    #[prost(int64, tag = "6")]
    pub opened_ms: i64,
    #[prost(int64, optional, tag = "7")]
    pub resolved_ms: Option<i64>,
    /// When it was opened, on the heard clock: the days before a bad record stand still from here.
    #[prost(int64, tag = "8")]
    pub opened_heard_ms: i64,
}
