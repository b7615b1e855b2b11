//! The outbox, and the messages and facts it sends, as stored.

/// An effect; which ids it has follows from its kind.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Entry {
    #[prost(uint32, tag = "1")]
    pub kind: u32,
    /// Id of the sale, payer, message, fact or batch.
    #[prost(bytes = "vec", tag = "2")]
    pub subject: Vec<u8>,
    /// Fixed id of what it makes outside.
    #[prost(bytes = "vec", tag = "3")]
    pub made: Vec<u8>,
    /// Sales that do not go on without it, where the subject is none.
    #[prost(bytes = "vec", repeated, tag = "4")]
    pub sales: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Message {
    /// Number and text, sealed.
    #[prost(bytes = "vec", tag = "1")]
    pub letter: Vec<u8>,
    #[prost(uint32, tag = "2")]
    pub purpose: u32,
    #[prost(bytes = "vec", tag = "3")]
    pub challenge_id: Vec<u8>,
    #[prost(bytes = "vec", repeated, tag = "4")]
    pub sales: Vec<Vec<u8>>,
    #[prost(int64, optional, tag = "5")]
    pub not_after_ms: Option<i64>,
    #[prost(bytes = "vec", tag = "6")]
    pub payer_id: Vec<u8>,
    #[prost(int64, optional, tag = "7")]
    pub not_before_ms: Option<i64>,
}

#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct Letter {
    #[prost(string, tag = "1")]
    pub to: String,
    #[prost(string, tag = "2")]
    pub text: String,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Letter(redacted)")
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Fact {
    #[prost(uint32, tag = "1")]
    pub kind: u32,
    /// As the ledger is told.
    #[prost(string, tag = "2")]
    pub subject: String,
    #[prost(bytes = "vec", tag = "3")]
    pub sha256: Vec<u8>,
    #[prost(string, tag = "4")]
    pub actor: String,
}
