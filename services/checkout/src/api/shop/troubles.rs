//! What the services could not do, for a person who reads no logs.

use std::sync::Arc;
use std::time::Duration;

use chit_proto::trouble::v1::{ListTroublesRequest, Severity, Trouble};
use chit_runtime::clock::from_proto;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

use crate::context::Shop;

const SHOWN_MAX: usize = 100;
/// A weekend: what was not done on Friday is still seen on Monday.
const SHOWN_FOR: SignedDuration = SignedDuration::from_hours(72);

/// Errors of checkout and of the services it calls, newest first; `deadline` for each, all at once. One that does not answer
/// is among the devices.
pub async fn of_all(shop: &Arc<Shop>, deadline: Duration) -> Vec<Trouble> {
    let asked = shop.peers.troubles.iter().map(|client| async move {
        let asking = chit_runtime::call(deadline, ListTroublesRequest {}, |request| {
            let mut client = client.clone();
            async move { client.list_troubles(request).await }
        });
        asking.await.map(|answer| answer.troubles).unwrap_or_default()
    });
    let told = join_all(asked).await.into_iter().flatten().chain(chit_runtime::trouble::own());
    newest_errors(told.collect(), Timestamp::now())
}

/// Troubles are dated by the machine's clock, not by the shop's.
fn newest_errors(mut troubles: Vec<Trouble>, now: Timestamp) -> Vec<Trouble> {
    let last = |trouble: &Trouble| trouble.last_time.as_ref().and_then(from_proto);
    troubles.retain(|trouble| {
        trouble.severity() == Severity::Error
            && last(trouble).is_some_and(|last| now.duration_since(last) <= SHOWN_FOR)
    });
    troubles.sort_by_key(|trouble| std::cmp::Reverse(last(trouble)));
    troubles.truncate(SHOWN_MAX);
    troubles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_last_three_days_are_told_newest_first_and_warnings_are_not() {
        let now = Timestamp::from_second(1_795_000_000).unwrap();
        let trouble = |severity: Severity, hours_ago: i64, text: &str| Trouble {
            severity: severity.into(),
            text: text.into(),
            last_time: Some(chit_runtime::clock::to_proto(now - SignedDuration::from_hours(hours_ago))),
            ..Trouble::default()
        };
        let troubles = vec![
            trouble(Severity::Error, 71, "older"),
            trouble(Severity::Warning, 1, "the modem is gone"),
            trouble(Severity::Error, 2, "newer"),
            trouble(Severity::Error, 73, "forgotten"),
        ];
        let told: Vec<_> = newest_errors(troubles, now).into_iter().map(|trouble| trouble.text).collect();
        assert_eq!(told, ["newer", "older"]);
    }
}
