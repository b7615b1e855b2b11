//! `chit doctor`: checks all that a sale needs, and says what to do next.

mod backup;
mod country;
mod devices;
mod keys;
mod retention;
mod sections;
mod services;
mod troubles;

use std::path::Path;

use chit_runtime::Shared;
use jiff::Timestamp;
use serde_json::json;

use super::key_files::{self, Owner};
use crate::failure::Failure;
use crate::output::Output;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Ok,
    /// Sales continue, but something waits or is missing.
    Warn,
    /// Nothing can be sold.
    Fail,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warn => "WARN",
            Self::Fail => "FAIL",
        }
    }
}

#[derive(Debug)]
pub struct Check {
    level: Level,
    what: String,
    found: String,
    /// Empty when there is nothing to do.
    next_step: String,
}

impl Check {
    pub fn ok(what: &str, found: impl Into<String>) -> Self {
        Self::new(Level::Ok, what, found, "")
    }

    pub fn new(level: Level, what: &str, found: impl Into<String>, next_step: impl Into<String>) -> Self {
        Self { level, what: what.to_owned(), found: found.into(), next_step: next_step.into() }
    }
}

pub async fn run(shared: &Shared, config: &Path, currency: &str, output: Output) -> Result<(), Failure> {
    let world = if shared.sandbox { "sandbox, receipts say PRACTICE" } else { "real shop" };
    let mut checks = vec![Check::ok("configuration", format!("{world}, {}, {currency}", shared.time_zone))];
    checks.extend(sections::check(config, services::configured(shared, config)).await);
    if key_files::owners(&shared.keys_dir).contains(&Owner::Shop) {
        checks.push(country::check(config));
        checks.push(retention::check(config));
    }
    checks.extend(keys::check(shared, currency));
    let (services, answering) = services::check(shared, config).await;
    checks.extend(services);
    checks.extend(devices::check(shared, &answering, devices::sales_need_camera(config)).await);
    checks.extend(backup::check(shared, Timestamp::now()));
    checks.extend(troubles::check(shared, &answering, Timestamp::now()).await);
    let rows = checks.iter().map(|check| {
        json!({"level": check.level.name(), "what": check.what, "found": check.found, "next_step": check.next_step})
    });
    let worst = checks.iter().map(|check| check.level).max().unwrap_or(Level::Ok);
    output.result(text(&checks), &json!({"level": worst.name(), "checks": rows.collect::<Vec<_>>()}));
    match checks.iter().filter(|check| check.level == Level::Fail).count() {
        0 => Ok(()),
        failed => Err(Failure::other(
            "DOCTOR_FAIL",
            format!("{failed} checks failed; do what the lines marked FAIL say"),
        )),
    }
}

/// A key of chit.toml that another section or a device depends on. A file that cannot be read was refused before.
fn setting(config: &Path, section: &str, key: &str) -> Option<String> {
    let file: toml::Table = std::fs::read_to_string(config).ok()?.parse().ok()?;
    Some(file.get(section)?.get(key)?.as_str()?.to_owned())
}

fn text(checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        text.push_str(&format!("{:<4}  {:<18}  {}\n", check.level.name(), check.what, check.found));
        if !check.next_step.is_empty() {
            text.push_str(&format!("{:26}→ {}\n", "", check.next_step));
        }
    }
    text
}
