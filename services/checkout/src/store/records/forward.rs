//! Replies on their way to an issuer, as stored.

#[derive(Clone, PartialEq, prost::Message)]
pub struct Forward {
    #[prost(bytes = "vec", tag = "1")]
    pub payer_id: Vec<u8>,
    /// As chit.issuer.v1, verdict.proto, has them.
    #[prost(bytes = "vec", repeated, tag = "2")]
    pub claims: Vec<Vec<u8>>,
    /// An age file to the issuer.
    #[prost(bytes = "vec", tag = "3")]
    pub sealed_code: Vec<u8>,
    /// Keyed hash of the code.
    #[prost(bytes = "vec", tag = "4")]
    pub code_hash: Vec<u8>,
    /// Keyed hash of the card's serial.
    #[prost(bytes = "vec", tag = "5")]
    pub card: Vec<u8>,
    #[prost(int64, tag = "6")]
    pub heard_ms: i64,
    #[prost(bool, tag = "7")]
    pub at_counter: bool,
}
