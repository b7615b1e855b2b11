//! The words that are burnt into pictures: when, where, whose. Pure text; `device/burn.rs` draws it.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What a shop's name may take of a line; a longer one is cut.
const SHOP_CHARS_MAX: usize = 24;
const SHORT_CHARS_MAX: usize = 24;
/// Recordings whose running time is shown; more overlap only when something is wrong.
const RUNNING_SHOWN_MAX: usize = 2;

/// Where the camera stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub shop: String,
    pub till: String,
    pub zone: TimeZone,
}

/// A recording that runs while the picture is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// The end of the sale's id, as people read it out.
    pub short_id: String,
    pub since_ns: u64,
}

impl Running {
    pub fn new(sale_id: &str, since_ns: u64) -> Self {
        let from = sale_id.len().saturating_sub(4);
        Self { short_id: sale_id.get(from..).unwrap_or(sale_id).to_owned(), since_ns }
    }
}

impl Place {
    /// Two lines for a picture of the film.
    pub fn film(&self, at: Timestamp, running: &[Running], now_ns: u64) -> [String; 2] {
        let mut second = self.where_it_is();
        for run in running.iter().rev().take(RUNNING_SHOWN_MAX) {
            let tenths = now_ns.saturating_sub(run.since_ns) / 100_000_000;
            let (minutes, seconds, tenth) = (tenths / 600, tenths / 10 % 60, tenths % 10);
            push(&mut second, &format!("{} +{minutes:02}:{seconds:02}.{tenth}", run.short_id));
        }
        [self.when(at), second]
    }

    /// Two lines for a photo. The receipt's number is known once there is a receipt.
    pub fn photo(&self, at: Timestamp, receipt_no: &str) -> [String; 2] {
        let mut second = self.where_it_is();
        if !receipt_no.is_empty() {
            push(&mut second, &format!("No {}", cut(receipt_no, SHORT_CHARS_MAX)));
        }
        [self.when(at), second]
    }

    fn when(&self, at: Timestamp) -> String {
        at.to_zoned_datetime(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S.%1f %:z").to_string()
    }

    fn where_it_is(&self) -> String {
        let mut text = cut(&self.shop, SHOP_CHARS_MAX);
        push(&mut text, &cut(&self.till, SHORT_CHARS_MAX));
        text
    }
}

fn cut(text: &str, chars_max: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(chars_max).collect()
}

fn push(line: &mut String, part: &str) {
    if !line.is_empty() && !part.is_empty() {
        line.push_str("  ");
    }
    line.push_str(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        Place { shop: "惠民便利小店".into(), till: "01".into(), zone }
    }

    #[test]
    fn a_film_says_when_where_and_how_long_each_sale_s_recording_runs() {
        let at: Timestamp = "2026-11-30T08:40:12.36Z".parse().unwrap();
        let runs = [
            Running::new("01J9ZQ4M8W5T7V2X3Y6B0C1D2E", 1_000_000_000),
            Running::new("01J9ZQ4M8W5T7V2X3Y6B0C8F3K", 63_000_000_000),
        ];
        assert_eq!(
            place().film(at, &runs, 75_450_000_000),
            ["2026-11-30 16:40:12.3 +08:00", "惠民便利小店  01  8F3K +00:12.4  1D2E +01:14.4"]
        );
        assert_eq!(place().film(at, &[], 5)[1], "惠民便利小店  01");
    }

    #[test]
    fn a_photo_names_the_receipt_and_nothing_it_does_not_know() {
        let at: Timestamp = "2026-07-01T22:00:00Z".parse().unwrap();
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let unnamed = Place { shop: String::new(), till: "01".into(), zone };
        assert_eq!(unnamed.photo(at, ""), ["2026-07-02 00:00:00.0 +02:00", "01"]);
        assert_eq!(place().photo(at, "20261124-000183")[1], "惠民便利小店  01  No 20261124-000183");
        let loud = Place { shop: "x".repeat(200), ..place() };
        assert!(loud.photo(at, &"9".repeat(99))[1].len() < 64);
    }
}
