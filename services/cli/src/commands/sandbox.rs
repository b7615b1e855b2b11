//! `chit sandbox advance 24h`: time passes without waiting for it.

use chit_proto::checkout::v1::AdvanceClockRequest;
use clap::Subcommand;
use jiff::SignedDuration;
use serde_json::json;

use crate::failure::Failure;
use crate::shop::Shop;
use crate::view;

#[derive(Subcommand, Debug)]
pub enum SandboxCommand {
    /// Move the business clock of all services forward.
    Advance {
        /// How far, for example 24h, 7d or 1h30m.
        #[arg(value_parser = duration)]
        by: SignedDuration,
    },
}

/// Days besides what jiff's friendly format knows: a business day in the sandbox has 24 hours.
fn duration(text: &str) -> Result<SignedDuration, String> {
    if let Some(days) = text.strip_suffix('d').and_then(|days| days.parse::<i32>().ok()) {
        return Ok(SignedDuration::from_hours(i64::from(days) * 24));
    }
    text.parse().map_err(|_unreadable| format!("{text:?} is no duration such as 24h, 7d or 1h30m"))
}

pub async fn run(shop: &Shop, command: SandboxCommand) -> Result<(), Failure> {
    let SandboxCommand::Advance { by } = command;
    let by = Some(prost_types::Duration { seconds: by.as_secs(), nanos: 0 });
    // The call has no request id: a second try would move the clock twice, so there is none.
    let request = chit_runtime::call::within(crate::shop::DEADLINE, AdvanceClockRequest { by });
    let answer = shop.sandbox().advance_clock(request).await?.into_inner();
    let local = view::local_time(answer.now.as_ref(), &shop.shared.time_zone);
    let value = json!({ "now": view::time(answer.now.as_ref()) });
    shop.output.result(format!("business time is now {local}"), &value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_days_and_mixtures_are_understood_and_rubbish_is_not() {
        assert_eq!(duration("24h").unwrap(), SignedDuration::from_hours(24));
        assert_eq!(duration("7d").unwrap(), SignedDuration::from_hours(168));
        assert_eq!(duration("1h30m").unwrap(), SignedDuration::from_mins(90));
        assert!(duration("tomorrow").unwrap_err().contains("24h"));
    }
}
