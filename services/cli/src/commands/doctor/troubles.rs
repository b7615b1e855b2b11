//! What the services warned of lately: nobody has to read logs to learn that something was not done.

use std::time::Duration;

use chit_proto::trouble::v1::trouble_service_client::TroubleServiceClient;
use chit_proto::trouble::v1::{ListTroublesRequest, Severity, Trouble};
use chit_runtime::Shared;
use jiff::{SignedDuration, Timestamp};

use super::{Check, Level};
use crate::shop::ask;

const DEADLINE: Duration = Duration::from_secs(2);
/// A device that was away in the morning is no news in the evening; what was not done is.
const WARNING_IS_NEWS: SignedDuration = SignedDuration::from_hours(1);
const ERROR_IS_NEWS: SignedDuration = SignedDuration::from_hours(72);
/// Lines a service.
const SHOWN_MAX: usize = 5;

pub async fn check(shared: &Shared, services: &[&str], now: Timestamp) -> Vec<Check> {
    let mut checks = Vec::new();
    for service in services {
        let client = TroubleServiceClient::new(chit_runtime::channel(shared, service));
        // A service that does not answer was reported before.
        if let Ok(answer) = ask!(client.list_troubles(ListTroublesRequest {}), DEADLINE).await {
            checks.extend(of(service, &answer.troubles, now));
        }
    }
    checks
}

fn of(service: &str, troubles: &[Trouble], now: Timestamp) -> Vec<Check> {
    let news: Vec<_> =
        troubles.iter().filter_map(|trouble| Some((trouble, age_of_news(trouble, now)?))).collect();
    let mut checks: Vec<_> =
        news.iter().take(SHOWN_MAX).map(|(trouble, age)| line(service, trouble, *age)).collect();
    if news.len() > SHOWN_MAX {
        let found = format!("{} more troubles", news.len() - SHOWN_MAX);
        checks.push(Check::new(Level::Warn, service, found, log_of(service)));
    }
    checks
}

/// How long ago it was said last, if that still matters.
fn age_of_news(trouble: &Trouble, now: Timestamp) -> Option<SignedDuration> {
    let last = trouble.last_time.as_ref().and_then(chit_runtime::clock::from_proto)?;
    let age = now.duration_since(last).max(SignedDuration::ZERO);
    let limit = if trouble.severity() == Severity::Error { ERROR_IS_NEWS } else { WARNING_IS_NEWS };
    (age <= limit).then_some(age)
}

fn line(service: &str, trouble: &Trouble, age: SignedDuration) -> Check {
    let times = if trouble.count > 1 { format!(", {} times", trouble.count) } else { String::new() };
    let found = format!("{}{times}, last {} min ago", trouble.text, age.as_mins());
    Check::new(Level::Warn, service, found, log_of(service))
}

fn log_of(service: &str) -> String {
    format!("if it goes on, see its log: `journalctl -u chit-{service}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000;

    fn trouble(severity: Severity, ago_s: i64, text: &str) -> Trouble {
        let time = Some(prost_types::Timestamp { seconds: NOW - ago_s, nanos: 0 });
        Trouble {
            severity: severity.into(),
            text: text.into(),
            count: 2,
            last_time: time,
            ..Trouble::default()
        }
    }

    #[test]
    fn what_was_not_done_is_told_for_days_and_a_warning_for_an_hour() {
        let now = Timestamp::from_second(NOW).unwrap();
        let troubles = [
            trouble(Severity::Warning, 60, "the printer is gone"),
            trouble(Severity::Warning, 4000, "the modem is gone"),
            trouble(Severity::Error, 40_000, "a message could not be applied"),
            trouble(Severity::Error, 400_000, "long ago"),
        ];
        let told: Vec<_> = of("checkout", &troubles, now).into_iter().map(|check| check.found).collect();
        assert_eq!(
            told,
            [
                "the printer is gone, 2 times, last 1 min ago",
                "a message could not be applied, 2 times, last 666 min ago"
            ]
        );
        let many: Vec<_> = (0..9).map(|_| trouble(Severity::Error, 60, "again")).collect();
        assert_eq!(of("ledger", &many, now).len(), SHOWN_MAX + 1);
    }
}
