//! Points in time as the store and other services count them.

use jiff::Timestamp;

pub const HOUR_MS: i64 = 3_600_000;
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// Unix milliseconds to a time. Out of the calendar's range becomes its end, which no record of a shop reaches.
pub fn from_ms(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// `at` and so many milliseconds, within the calendar.
pub fn plus_ms(at: Timestamp, ms: i64) -> Timestamp {
    from_ms(at.as_millisecond().saturating_add(ms))
}

/// Milliseconds from `from` to `to`; negative when `to` is earlier.
pub fn ms_between(from: Timestamp, to: Timestamp) -> i64 {
    to.as_millisecond().saturating_sub(from.as_millisecond())
}
