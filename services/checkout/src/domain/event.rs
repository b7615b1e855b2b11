//! One change of one record: the chained history that people and other software follow (I8).

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum EventKind {
    None = 0,
    Sale = 1,
    Payer = 2,
    Challenge = 3,
    Batch = 4,
    Dispute = 5,
    Enquiry = 6,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Event {
    #[prost(uint64, tag = "1")]
    pub revision: u64,
    #[prost(string, tag = "2")]
    pub actor: String,
    #[prost(int64, tag = "3")]
    pub time_ms: i64,
    /// SHA-256 of the previous event as stored.
    #[prost(bytes = "vec", tag = "4")]
    pub previous_hash: Vec<u8>,
    #[prost(enumeration = "EventKind", tag = "5")]
    pub kind: i32,
    #[prost(string, tag = "6")]
    pub subject_id: String,
    /// The record after the change, without personal data.
    #[prost(bytes = "vec", tag = "7")]
    pub snapshot: Vec<u8>,
}
