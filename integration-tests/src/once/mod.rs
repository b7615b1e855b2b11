//! `--once`: the whole product without a person. A payer is enrolled and buys twice; both sales are verified by SMS,
//! settled and disputed. Each step waits for what the services say, and the report is made of what they and the
//! simulators hold, not of what was meant to happen.

mod evidence;
mod report;
mod script;

use std::path::PathBuf;
use std::time::Instant;

pub use report::{Outcome, Receipt, Refusal, Report};
pub use script::run;

/// How a run differs from the usual one.
pub struct Script {
    /// Held before the camera instead of the code just enrolled.
    pub payer_qr: Option<PathBuf>,
    /// Where the artefacts go; absolute.
    pub artefacts: PathBuf,
    pub progress: Progress,
}

/// Reports progress on stderr, with the time since the start.
#[derive(Clone, Copy)]
pub struct Progress {
    started: Instant,
    silent: bool,
}

impl Progress {
    pub fn on_stderr() -> Self {
        Self { started: Instant::now(), silent: false }
    }

    pub fn silent() -> Self {
        Self { started: Instant::now(), silent: true }
    }

    pub fn say(&self, text: impl AsRef<str>) {
        if !self.silent {
            eprintln!("[{:5.1} s] {}", self.started.elapsed().as_secs_f64(), text.as_ref());
        }
    }

    pub fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
