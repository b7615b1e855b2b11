//! Local days, quiet nights and daily counts, safe over changes of the clock.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

/// Messages a day that the payer did not ask for: challenge, reminder, notice.
pub const UNASKED_A_DAY_MAX: u8 = 2;
/// Answers a day to a payer's own messages.
pub const ANSWERS_A_DAY_MAX: u8 = 6;

/// No message from `from` until `until`; the night may cross midnight. Equal times mean no quiet hours.
#[derive(Clone, Debug)]
pub struct QuietHours {
    pub from: Time,
    pub until: Time,
    pub zone: TimeZone,
}

impl QuietHours {
    /// 21:00 to 08:00.
    pub fn usual(zone: TimeZone) -> Self {
        Self { from: jiff::civil::time(21, 0, 0, 0), until: jiff::civil::time(8, 0, 0, 0), zone }
    }

    pub fn is_quiet(&self, now: Timestamp) -> bool {
        let time = self.zone.to_datetime(now).time();
        if self.from <= self.until {
            (self.from..self.until).contains(&time)
        } else {
            time >= self.from || time < self.until
        }
    }

    /// `now` by day; else the end of this night.
    pub fn next_allowed(&self, now: Timestamp) -> Timestamp {
        if !self.is_quiet(now) {
            return now;
        }
        let local = self.zone.to_datetime(now);
        let before_the_end = local.time() < self.until;
        let date = if before_the_end { local.date() } else { next_day(local.date()) };
        self.instant(date, self.until).max(now)
    }

    /// When the next night begins after `now`, or `now` in a night; none without quiet hours.
    pub fn next_night(&self, now: Timestamp) -> Option<Timestamp> {
        if self.from == self.until {
            return None;
        }
        if self.is_quiet(now) {
            return Some(now);
        }
        let today = self.local_day(now);
        let tonight = self.instant(today, self.from);
        Some(if tonight > now { tonight } else { self.instant(next_day(today), self.from) })
    }

    /// The morning after `now`, when a new row may be sent after three wrong tries.
    pub fn next_morning(&self, now: Timestamp) -> Timestamp {
        self.instant(next_day(self.local_day(now)), self.until)
    }

    pub fn local_day(&self, now: Timestamp) -> Date {
        self.zone.to_datetime(now).date()
    }

    /// The local day of `now`: its first instant and the first of the next day; 23, 24 or 25 hours.
    pub fn day_window(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        let day = self.local_day(now);
        let midnight = Time::midnight();
        (self.instant(day, midnight), self.instant(next_day(day), midnight))
    }

    /// A time that a clock change skips becomes the first one after it; one that comes twice, the first.
    /// When the first message of a day may go out.
    pub fn morning_of(&self, date: Date) -> Timestamp {
        self.instant(date, self.until)
    }

    fn instant(&self, date: Date, time: Time) -> Timestamp {
        let local = self.zone.to_ambiguous_timestamp(date.to_datetime(time));
        local.compatible().expect("business dates lie far inside the years 1 to 9999")
    }
}

fn next_day(date: Date) -> Date {
    date.tomorrow().expect("business dates lie far inside the years 1 to 9999")
}

/// How many messages went out on one local day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DailyCount {
    pub day: Option<Date>,
    pub sent: u8,
}

impl DailyCount {
    /// The count after one more message today, or None when today's cap is reached.
    pub fn admit(self, today: Date, cap: u8) -> Option<Self> {
        let sent = if self.day == Some(today) { self.sent } else { 0 };
        (sent < cap).then_some(Self { day: Some(today), sent: sent + 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn shanghai() -> QuietHours {
        QuietHours::usual(TimeZone::get("Asia/Shanghai").unwrap())
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn nothing_is_sent_between_nine_in_the_evening_and_eight_in_the_morning() {
        let quiet = shanghai();
        let allowed = |now: &str| quiet.next_allowed(at(now));
        assert_eq!(allowed("2026-11-24T20:59:59+08:00"), at("2026-11-24T20:59:59+08:00"));
        assert_eq!(allowed("2026-11-24T21:00:00+08:00"), at("2026-11-25T08:00:00+08:00"));
        assert_eq!(allowed("2026-11-25T07:59:59+08:00"), at("2026-11-25T08:00:00+08:00"));
        assert_eq!(allowed("2026-11-25T08:00:00+08:00"), at("2026-11-25T08:00:00+08:00"));
    }

    #[test]
    fn a_new_row_comes_the_next_day_at_eight_even_just_after_midnight() {
        let quiet = shanghai();
        assert_eq!(quiet.next_morning(at("2026-11-24T09:00:00+08:00")), at("2026-11-25T08:00:00+08:00"));
        assert_eq!(quiet.next_morning(at("2026-11-25T00:10:00+08:00")), at("2026-11-26T08:00:00+08:00"));
    }

    #[test]
    fn the_morning_comes_at_eight_local_over_a_clock_change() {
        let berlin = QuietHours::usual(TimeZone::get("Europe/Berlin").unwrap());
        assert_eq!(berlin.next_allowed(at("2026-03-28T22:00:00+01:00")), at("2026-03-29T08:00:00+02:00"));
        assert_eq!(berlin.next_allowed(at("2026-10-24T22:00:00+02:00")), at("2026-10-25T08:00:00+01:00"));
        let (from, to) = berlin.day_window(at("2026-03-29T12:00:00+02:00"));
        assert_eq!(to.duration_since(from), SignedDuration::from_hours(23));
    }

    #[test]
    fn the_daily_cap_starts_again_with_the_local_day() {
        let (today, tomorrow) = (date(2026, 11, 24), date(2026, 11, 25));
        let two = DailyCount::default().admit(today, 2).and_then(|count| count.admit(today, 2)).unwrap();
        assert_eq!(two.admit(today, 2), None);
        assert_eq!(two.admit(tomorrow, 2), Some(DailyCount { day: Some(tomorrow), sent: 1 }));
    }

    proptest! {
        #[test]
        fn the_next_allowed_time_is_never_quiet_and_never_in_the_past(
            second in 1_577_836_800_i64..4_102_444_800,
            zone in prop_oneof![Just("Asia/Shanghai"), Just("Europe/Berlin"), Just("America/Santiago"), Just("Australia/Lord_Howe")],
        ) {
            let quiet = QuietHours::usual(TimeZone::get(zone).unwrap());
            let now = Timestamp::from_second(second).unwrap();
            let allowed = quiet.next_allowed(now);
            prop_assert!(allowed >= now && !quiet.is_quiet(allowed));
            prop_assert!(allowed.duration_since(now) <= SignedDuration::from_hours(12));
        }
    }
}
