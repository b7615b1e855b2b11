//! Shifts as stored.

use super::collection::DaySums;

/// From one Z report to the next.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Shift {
    #[prost(int64, tag = "1")]
    pub opened_ms: i64,
    #[prost(int64, optional, tag = "2")]
    pub closed_ms: Option<i64>,
    #[prost(string, tag = "3")]
    pub closed_by: String,
    /// The sums at the end.
    #[prost(message, optional, tag = "4")]
    pub sums: Option<DaySums>,
}
