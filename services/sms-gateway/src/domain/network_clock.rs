//! The network's time, as a modem's clock says it (27.007 §8.15): `"yy/MM/dd,hh:mm:ss±zz"`, zz in quarters of an hour.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// A clock that was never set begins in 1980, 2000 or 2004.
const YEAR_MIN: i16 = 2025;
/// A message that came this long after its time stamp says nothing of the clock.
const FRESH: SignedDuration = SignedDuration::from_secs(120);
/// No clock of a shop is wrong by more, but one that was never set.
const QUARTERS_MAX: i32 = 56;

/// `None`: the clock was never set, or has no zone.
pub fn read(values: &str) -> Option<Timestamp> {
    let text = values.trim().trim_matches('"');
    let at = text.rfind(['+', '-'])?;
    let (clock, zone) = text.split_at(at);
    let quarters: i32 = zone.parse().ok().filter(|quarters: &i32| quarters.abs() <= QUARTERS_MAX)?;
    let local = DateTime::strptime("%y/%m/%d,%H:%M:%S", clock).ok()?;
    let offset = Offset::from_seconds(quarters * 900).ok()?;
    (local.year() >= YEAR_MIN).then(|| offset.to_timestamp(local).ok()).flatten()
}

/// A time stamp of the service centre on something that arrived at once. One from the future shows a clock that is behind; one
/// from long ago shows a message that waited.
pub fn is_sighting(stamp: Timestamp, now: Timestamp) -> bool {
    now.duration_since(stamp) <= FRESH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_modems_clock_is_read_with_its_zone() {
        let expected: Timestamp = "2026-11-24T10:05:09Z".parse().unwrap();
        for text in ["\"26/11/24,18:05:09+32\"", " 26/11/24,10:05:09+00", "\"26/11/24,07:05:09-12\""] {
            assert_eq!(read(text), Some(expected), "{text}");
        }
        for unset in [
            "\"80/01/06,00:00:12+00\"",
            "\"04/01/01,00:00:00+32\"",
            "",
            "\"26/11/24,18:05:09\"",
            "26/13/01,00:00:00+00",
        ] {
            assert_eq!(read(unset), None, "{unset}");
        }
    }

    #[test]
    fn a_stamp_from_the_future_shows_a_clock_that_is_behind() {
        let now: Timestamp = "2026-11-24T10:05:09Z".parse().unwrap();
        assert!(is_sighting(now + SignedDuration::from_hours(30), now));
        assert!(is_sighting(now - SignedDuration::from_secs(4), now));
        assert!(!is_sighting(now - SignedDuration::from_mins(10), now));
    }
}
