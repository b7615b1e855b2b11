//! The reader of a page: language, time zone, the time now, and their role.

use chit_proto::checkout::v1::{Sale, StaffRole};
use fluent_bundle::FluentValue;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::words::Lang;

const MINUTES_PER_HOUR: i64 = 60;
const HOURS_PER_DAY: i64 = 24;

#[derive(Clone)]
pub struct Reader {
    pub lang: Lang,
    pub zone: TimeZone,
    pub now: Timestamp,
    /// Name and role of the person signed in, if any.
    pub staff: Option<(String, StaffRole)>,
}

impl Reader {
    pub fn t(&self, key: &str) -> String {
        self.lang.t(key)
    }

    pub fn with(&self, key: &str, values: &[(&str, FluentValue<'_>)]) -> String {
        self.lang.with(key, values)
    }

    pub fn code(&self, kind: &str, code: &str) -> String {
        self.lang.code(kind, code)
    }

    /// Why something was refused.
    pub fn reason(&self, reason: &str) -> String {
        if reason.is_empty() { self.t("reason-none") } else { self.code("reason", reason) }
    }

    pub fn is_at_least(&self, role: StaffRole) -> bool {
        self.staff.as_ref().is_some_and(|(_, own)| *own >= role)
    }

    pub fn state(&self, sale: &Sale) -> String {
        self.code("state", sale.state().as_str_name().trim_start_matches("SALE_STATE_"))
    }

    /// Day and minute in the shop's time zone.
    pub fn time(&self, time: Option<&prost_types::Timestamp>) -> String {
        let local = time
            .and_then(chit_runtime::clock::from_proto)
            .map(|time| time.to_zoned_datetime(self.zone.clone()));
        local.map(|local| local.strftime("%m-%d %H:%M").to_string()).unwrap_or_default()
    }

    /// The same from microseconds since the Unix epoch, with seconds.
    pub fn time_us(&self, unix_us: i64) -> String {
        let local =
            Timestamp::from_microsecond(unix_us).map(|time| time.to_zoned_datetime(self.zone.clone()));
        local.map(|local| local.strftime("%m-%d %H:%M:%S").to_string()).unwrap_or_default()
    }

    /// How long ago, in the largest unit: "3 h".
    pub fn ago(&self, time: Option<&prost_types::Timestamp>) -> String {
        let Some(time) = time.and_then(chit_runtime::clock::from_proto) else { return String::new() };
        let minutes = (self.now.as_second() - time.as_second()).max(0) / 60;
        let hours = minutes / MINUTES_PER_HOUR;
        match (minutes, hours) {
            (0, _) => self.t("ago-now"),
            (minutes, 0) => self.with("ago-minutes", &[("count", minutes.into())]),
            (_, hours) if hours < 2 * HOURS_PER_DAY => self.with("ago-hours", &[("count", hours.into())]),
            (_, hours) => self.with("ago-days", &[("count", (hours / HOURS_PER_DAY).into())]),
        }
    }
}
