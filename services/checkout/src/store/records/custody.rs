//! What the keeper of a sale's film has to know, as stored.

#[derive(Clone, PartialEq, prost::Message)]
pub struct Custody {
    #[prost(int64, optional, tag = "1")]
    pub answered_ms: Option<i64>,
    /// Id of the message that states the deduction.
    #[prost(bytes = "vec", tag = "2")]
    pub statement: Vec<u8>,
    #[prost(int64, optional, tag = "3")]
    pub stated_ms: Option<i64>,
    #[prost(int64, optional, tag = "4")]
    pub concluded_ms: Option<i64>,
    #[prost(string, tag = "5")]
    pub enquired_by: String,
    #[prost(int64, optional, tag = "6")]
    pub enquiry_ends_ms: Option<i64>,
}
