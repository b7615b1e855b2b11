//! Challenges as stored.

#[derive(Clone, PartialEq, prost::Message)]
pub struct Challenge {
    #[prost(bytes = "vec", tag = "1")]
    pub payer_id: Vec<u8>,
    /// None = the first challenge of an enrolment or a change.
    #[prost(bytes = "vec", repeated, tag = "2")]
    pub sales: Vec<Vec<u8>>,
    #[prost(uint32, tag = "3")]
    pub row: u32,
    #[prost(uint32, tag = "4")]
    pub round: u32,
    #[prost(uint32, tag = "5")]
    pub state: u32,
    #[prost(uint32, tag = "6")]
    pub wrong_tries: u32,
    /// Keyed hashes of the distinct wrong codes.
    #[prost(bytes = "vec", repeated, tag = "7")]
    pub wrong_codes: Vec<Vec<u8>>,
    #[prost(bytes = "vec", tag = "8")]
    pub message_id: Vec<u8>,
    #[prost(int64, optional, tag = "9")]
    pub submitted_ms: Option<i64>,
    /// On the heard clock.
    #[prost(int64, optional, tag = "10")]
    pub ends_heard_ms: Option<i64>,
    #[prost(bool, tag = "11")]
    pub delivered: bool,
    #[prost(bytes = "vec", tag = "12")]
    pub evidence_sha256: Vec<u8>,
    #[prost(bool, tag = "13")]
    pub reminded: bool,
    /// Keyed hash of the serial of the card its row belongs to.
    #[prost(bytes = "vec", tag = "14")]
    pub card: Vec<u8>,
    #[prost(int64, tag = "15")]
    pub created_ms: i64,
    /// Random bytes in front of the text under its hash in the ledger.
    #[prost(bytes = "vec", tag = "16")]
    pub text_salt: Vec<u8>,
    /// The issuer's signed verdict (chit.issuer.v1, verdict.proto).
    #[prost(bytes = "vec", tag = "17")]
    pub verdict: Vec<u8>,
}
