//! TP-Service-Centre-Time-Stamp and TP-Discharge-Time: 3GPP TS 23.040 §9.2.3.11 and §9.2.3.13.

use jiff::{Timestamp, civil::DateTime, tz::Offset};

/// Year, month, day, hour, minute, second, zone: semi-octets, low nibble first.
pub const OCTETS: usize = 7;
/// Sign of the zone: bit 3 of its octet, the top bit of the first digit.
const ZONE_NEGATIVE: u8 = 0x08;
const QUARTER_SECONDS: i32 = 15 * 60;

/// `None` when a network sent something that is no date; the time is only a claim and never decides alone.
pub fn decode(octets: &[u8]) -> Option<Timestamp> {
    let [year, month, day, hour, minute, second, zone] = *octets else { return None };
    let local = DateTime::new(
        2000 + i16::from(two_digits(year)?),
        two_digits(month)?.cast_signed(),
        two_digits(day)?.cast_signed(),
        two_digits(hour)?.cast_signed(),
        two_digits(minute)?.cast_signed(),
        two_digits(second)?.cast_signed(),
        0,
    )
    .ok()?;
    let quarters = i32::from(two_digits(zone & !ZONE_NEGATIVE)?);
    let seconds = quarters * QUARTER_SECONDS;
    let offset = Offset::from_seconds(if zone & ZONE_NEGATIVE == 0 { seconds } else { -seconds }).ok()?;
    offset.to_timestamp(local).ok()
}

/// In UTC, to the second.
pub fn encode(at: Timestamp) -> [u8; OCTETS] {
    let utc = Offset::UTC.to_datetime(at);
    let swapped = |number: i16| ((number % 10) << 4 | (number / 10 % 10)) as u8;
    let parts = [
        utc.year() % 100,
        utc.month().into(),
        utc.day().into(),
        utc.hour().into(),
        utc.minute().into(),
        utc.second().into(),
        0,
    ];
    parts.map(swapped)
}

fn two_digits(octet: u8) -> Option<u8> {
    let (tens, units) = (octet & 0x0F, octet >> 4);
    (tens <= 9 && units <= 9).then_some(tens * 10 + units)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(hex_text: &str) -> Option<String> {
        decode(&hex::decode(hex_text).unwrap()).map(|time| time.to_string())
    }

    #[test]
    fn zones_east_and_west_of_greenwich_are_applied() {
        // 2024-11-24 18:05:09, +8 h = 32 quarters.
        assert_eq!(parse("42114281509023").unwrap(), "2024-11-24T10:05:09Z");
        // 2008-09-21 12:00:00, −5 h = 20 quarters, sign bit set.
        assert_eq!(parse("8090122100000A").unwrap(), "2008-09-21T17:00:00Z");
    }

    #[test]
    fn an_impossible_date_is_no_time() {
        assert_eq!(parse("00000000000000"), None);
        assert_eq!(parse("4211428150FF23"), None);
    }

    #[test]
    fn an_octet_is_two_digits_the_low_one_first_or_none() {
        assert_eq!([0x00, 0x21, 0x99, 0x10].map(two_digits), [0, 12, 99, 1].map(Some));
        for octet in [0x0A, 0xA0, 0xAA, 0xF9, 0x9F] {
            assert_eq!(two_digits(octet), None, "{octet:#x}");
        }
    }
}
