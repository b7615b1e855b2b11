//! The clock of the service centre, as TP-SCTS shows it (3GPP TS 23.040, clause 9.2.3.11).

use std::time::{SystemTime, UNIX_EPOCH};

use super::address::swapped;

/// A moment and the local time it is shown in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timestamp {
    /// Seconds since 1970 UTC.
    pub unix: i64,
    /// Local time minus UTC, in quarters of an hour.
    pub quarters: i8,
}

/// System time plus an offset that tests set.
#[derive(Clone, Copy)]
pub struct Clock {
    ahead_ms: i64,
    quarters: i8,
}

impl Clock {
    /// System time, shown as in China (UTC+8).
    pub fn system() -> Self {
        Self { ahead_ms: 0, quarters: 32 }
    }

    /// It is `unix` now.
    pub fn set(&mut self, unix: i64, quarters: i8) {
        self.ahead_ms = unix.saturating_mul(1000).saturating_sub(system_ms());
        self.quarters = quarters;
    }

    pub fn now(&self) -> Timestamp {
        Timestamp { unix: self.now_ms().div_euclid(1000), quarters: self.quarters }
    }

    /// Milliseconds since 1970 UTC.
    pub fn now_ms(&self) -> i64 {
        system_ms().saturating_add(self.ahead_ms)
    }
}

fn system_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

impl Timestamp {
    /// Year, month, day, hour, minute, second, time zone: seven pairs of swapped semi-octets.
    pub fn octets(self) -> [u8; 7] {
        let local = self.unix + i64::from(self.quarters) * 900;
        let (year, month, day) = civil(local.div_euclid(86_400));
        let second = local.rem_euclid(86_400);
        let quarters = swapped(self.quarters.unsigned_abs());
        [
            swapped(year.rem_euclid(100) as u8),
            swapped(month as u8),
            swapped(day as u8),
            swapped((second / 3600) as u8),
            swapped((second / 60 % 60) as u8),
            swapped((second % 60) as u8),
            // Bit 3 of the first semi-octet is the sign.
            if self.quarters < 0 { quarters | 0x08 } else { quarters },
        ]
    }
}

/// Days since 1970-01-01 → year, month, day (Howard Hinnant, "chrono-compatible date algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modem_stamps_local_time_and_zone() {
        // 2026-07-05 21:30:15 UTC+8.
        let stamp = Timestamp { unix: 1_783_258_215, quarters: 32 };
        assert_eq!(crate::hex::upper(&stamp.octets()), "62705012035123");
        // 2024-02-29 19:00:00 UTC-5.
        let stamp = Timestamp { unix: 1_709_251_200, quarters: -20 };
        assert_eq!(crate::hex::upper(&stamp.octets()), "4220929100000A");
    }
}
