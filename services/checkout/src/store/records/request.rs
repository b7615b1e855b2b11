//! Remembered requests as stored.

/// The answer given to a request id.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Remembered {
    #[prost(bytes = "vec", tag = "1")]
    pub fingerprint: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub response: Vec<u8>,
}
