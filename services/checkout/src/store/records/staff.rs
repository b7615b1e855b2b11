//! People as stored.

#[derive(Clone, PartialEq, prost::Message)]
pub struct Person {
    /// 1 cashier, 2 supervisor, 3 owner, 4 auditor.
    #[prost(uint32, tag = "1")]
    pub role: u32,
    /// PHC string, argon2id.
    #[prost(string, tag = "2")]
    pub pin_hash: String,
    #[prost(bool, tag = "3")]
    pub disabled: bool,
    #[prost(bool, tag = "4")]
    pub must_change_pin: bool,
    #[prost(int64, tag = "5")]
    pub added_ms: i64,
    #[prost(string, tag = "6")]
    pub added_by: String,
}

/// Wrong PINs since the last right one.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PinTries {
    #[prost(uint32, tag = "1")]
    pub wrong: u32,
    #[prost(int64, optional, tag = "2")]
    pub locked_until_ms: Option<i64>,
    #[prost(uint32, tag = "3")]
    pub locks: u32,
}

/// Under the hash of its token.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Session {
    #[prost(string, tag = "1")]
    pub person: String,
    #[prost(string, tag = "2")]
    pub origin: String,
    /// Of the machine's clock.
    #[prost(int64, tag = "3")]
    pub opened_ms: i64,
}

/// A paired device, under the hash of its token.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Device {
    #[prost(string, tag = "1")]
    pub name: String,
    /// 1 till, 2 timer, 3 display.
    #[prost(uint32, tag = "2")]
    pub kind: u32,
    #[prost(int64, tag = "3")]
    pub paired_ms: i64,
    #[prost(string, tag = "4")]
    pub paired_by: String,
}
