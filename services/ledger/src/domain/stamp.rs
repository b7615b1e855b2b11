//! When a change became durable, and which one it is.

/// Microseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixMicros(pub i64);

/// Where and when a change became durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Journal sequence number, from 1, without gaps; 0 = nothing yet.
    pub seq: u64,
    pub time: UnixMicros,
}
