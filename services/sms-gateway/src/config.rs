//! `[sms-gateway]` of chit.toml.

use serde::Deserialize;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

/// What a GPRS network takes from one SIM.
const MAX_PER_MINUTE_DEFAULT: NonZeroU32 = NonZeroU32::new(30).expect("30 is not 0");

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Serial port of the modem; a name under /dev/serial/by-id survives re-plugging.
    pub port: PathBuf,
    pub baud: u32,
    /// How long the final answer to a submission may take. Modem manuals give up to 120 s.
    pub answer_timeout_s: u64,
    /// Business time after which an unknown CHALLENGE is sent once more.
    pub unknown_resend_after_s: u32,
    /// Submissions in any 60 s; networks and SIM contracts limit it.
    pub max_per_minute: NonZeroU32,
    /// Ask the network for status reports.
    pub reports: bool,
    /// File with the SIM's PIN, mode 0600. It is tried once per SIM and PIN, ever. An absolute path.
    pub pin_file: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            port: "/dev/chit-modem".into(),
            baud: 115_200,
            answer_timeout_s: 125,
            unknown_resend_after_s: 120,
            max_per_minute: MAX_PER_MINUTE_DEFAULT,
            reports: true,
            pin_file: None,
        }
    }
}

impl Config {
    pub fn answer_timeout(&self) -> Duration {
        Duration::from_secs(self.answer_timeout_s)
    }

    pub fn resend_after(&self) -> jiff::SignedDuration {
        jiff::SignedDuration::from_secs(self.unknown_resend_after_s.into())
    }
}
