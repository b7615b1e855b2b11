//! Events as stored.

#[derive(Clone, PartialEq, prost::Message)]
pub struct Event {
    #[prost(string, tag = "1")]
    pub actor: String,
    #[prost(int64, tag = "2")]
    pub time_ms: i64,
    #[prost(uint32, tag = "3")]
    pub kind: u32,
    #[prost(bytes = "vec", tag = "4")]
    pub subject: Vec<u8>,
    /// The public state after the change, by its number in the interface.
    #[prost(uint32, tag = "5")]
    pub state: u32,
    /// Fields of the record that changed. Empty in what an older program wrote.
    #[prost(bytes = "vec", tag = "6")]
    pub delta: Vec<u8>,
    /// SHA-256 of the hash before it and of this event without this field; for what an older program wrote, of the event
    /// as that program stored it.
    #[prost(bytes = "vec", tag = "7")]
    pub hash: Vec<u8>,
}
