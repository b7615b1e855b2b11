//! One line of JSON a check, which deploy/lab/report.py reads from the console.

use std::future::Future;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::timeout;

/// Emulation is 10 to 30 times slower than the machine; a check that takes longer hangs.
const CHECK_MAX: Duration = Duration::from_secs(60);

#[derive(Default)]
pub struct Report {
    failed: u32,
}

impl Report {
    /// A check is a sentence that is true or not; what it says when it passes is a figure or nothing.
    pub async fn check(&mut self, name: &str, check: impl Future<Output = anyhow::Result<String>>) {
        let begun = Instant::now();
        let outcome =
            timeout(CHECK_MAX, check).await.unwrap_or_else(|_| Err(anyhow::anyhow!("took more than 60 s")));
        let (pass, detail) = match outcome {
            Ok(detail) => (true, detail),
            Err(error) => (false, format!("{error:#}")),
        };
        self.failed += u32::from(!pass);
        let seconds = begun.elapsed().as_millis() as f64 / 1000.0;
        println!("LAB {}", json!({ "check": name, "pass": pass, "seconds": seconds, "detail": detail }));
    }

    pub fn end(self) -> ExitCode {
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
