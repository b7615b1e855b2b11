//! Days on which Europe's banks settle: TARGET's calendar (ECB). No weekends, and six holidays.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

pub fn is_target_day(day: Date) -> bool {
    let fixed = matches!((day.month(), day.day()), (1, 1) | (5, 1) | (12, 25 | 26));
    let easter = easter_sunday(day.year());
    let good_friday = plus_days(easter, -2);
    let easter_monday = plus_days(easter, 1);
    let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    !fixed && !weekend && day != good_friday && day != easter_monday
}

/// `day` itself, or the first one after it.
pub fn on_or_after(day: Date) -> Date {
    let mut day = day;
    while !is_target_day(day) {
        day = plus_days(day, 1);
    }
    day
}

/// So many of these days later, counted from `day`, whatever it is.
pub fn plus_target_days(day: Date, days: u8) -> Date {
    (0..days).fold(day, |day, _| on_or_after(plus_days(day, 1)))
}

/// Within the calendar.
pub fn plus_days(day: Date, days: i32) -> Date {
    day.saturating_add(days.days())
}

/// Of the Gregorian calendar (Meeus, Jones and Butcher).
fn easter_sunday(year: i16) -> Date {
    let (year, y) = (year, i32::from(year));
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    let small = |number: i32| i8::try_from(number).unwrap_or(1);
    date(year, small(month), small(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banks_rest_on_weekends_and_on_six_holidays() {
        for closed in [date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1), date(2026, 12, 25)] {
            assert!(!is_target_day(closed), "{closed}");
        }
        assert!(!is_target_day(date(2026, 11, 28)) && !is_target_day(date(2027, 3, 26)));
        assert!(is_target_day(date(2026, 4, 7)) && is_target_day(date(2026, 12, 24)));
        assert!(!is_target_day(date(2038, 4, 26)), "the latest Easter Monday");
    }

    /// From the tables of the churches; the earliest and the latest there are, and the years of the two exceptions.
    #[test]
    fn easter_is_where_the_tables_have_it() {
        let tables = [
            (1818, 3, 22),
            (1943, 4, 25),
            (1954, 4, 18),
            (1961, 4, 2),
            (1981, 4, 19),
            (2000, 4, 23),
            (2024, 3, 31),
            (2025, 4, 20),
            (2026, 4, 5),
            (2027, 3, 28),
            (2028, 4, 16),
            (2029, 4, 1),
            (2030, 4, 21),
            (2031, 4, 13),
            (2032, 3, 28),
            (2033, 4, 17),
            (2034, 4, 9),
            (2035, 3, 25),
            (2036, 4, 13),
            (2037, 4, 5),
            (2038, 4, 25),
            (2049, 4, 18),
            (2076, 4, 19),
            (2100, 3, 28),
            (2200, 4, 6),
            (2285, 3, 22),
        ];
        for (year, month, day) in tables {
            assert_eq!(easter_sunday(year), date(year, month, day));
        }
    }

    #[test]
    fn days_are_counted_over_holidays() {
        assert_eq!(plus_target_days(date(2026, 12, 24), 1), date(2026, 12, 28));
        assert_eq!(on_or_after(date(2026, 12, 25)), date(2026, 12, 28));
        assert_eq!(plus_target_days(date(2026, 11, 27), 2), date(2026, 12, 1));
        assert_eq!(plus_target_days(date(2026, 11, 29), 0), date(2026, 11, 29));
    }
}
