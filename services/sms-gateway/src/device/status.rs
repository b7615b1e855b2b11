//! What a modem can do now.

use jiff::Timestamp;
use tokio::time::Instant;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ModemState {
    /// No device, or it does not answer.
    #[default]
    Absent,
    Opening,
    SimLocked,
    SimPuk,
    NoNetwork,
    Ready,
    /// Answers, but not as it should.
    Degraded,
    /// A person must help, for example put in a SIM.
    Failed,
}

/// 27.007 §8.5: 99 = not known.
pub const SIGNAL_UNKNOWN: u32 = 99;

/// Why it is FAILED, for the person who must help.
pub const TROUBLE_SIM_SWAPPED: &str = "SIM_SWAPPED";
pub const TROUBLE_NO_SIM: &str = "NO_SIM";
pub const TROUBLE_SILENT: &str = "SILENT";
pub const TROUBLE_NO_STORAGE: &str = "NO_STORAGE";

/// Who said what time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockSource {
    /// The network tells its phones (3GPP TS 22.042).
    Nitz,
    /// Stamped on what it delivered at once.
    ServiceCentre,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    pub source: ClockSource,
    pub network: Timestamp,
    /// By this machine's clock.
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModemStatus {
    pub name: String,
    pub state: ModemState,
    pub trouble: &'static str,
    pub port: String,
    pub model: String,
    pub signal: u32,
    pub storage_used: u32,
    pub storage_total: u32,
    /// It hands over status reports.
    pub reports: bool,
    /// What carries SMS; empty = not said.
    pub bearer: &'static str,
    /// What is left on the SIM, empty = not known, and when the operator said so.
    pub credit: String,
    pub credit_at: Option<Timestamp>,
    pub credit_low: bool,
    pub clock: Option<Sighting>,
    /// A cap is reached; until then messages wait.
    pub limited_until: Option<Timestamp>,
    /// `None` while READY.
    pub unready_since: Option<Instant>,
}

impl ModemStatus {
    pub fn absent(name: &str, port: &str) -> Self {
        Self {
            name: name.to_owned(),
            state: ModemState::Absent,
            trouble: "",
            port: port.to_owned(),
            model: String::new(),
            signal: SIGNAL_UNKNOWN,
            storage_used: 0,
            storage_total: 0,
            reports: true,
            bearer: "",
            credit: String::new(),
            credit_at: None,
            credit_low: false,
            clock: None,
            limited_until: None,
            unready_since: Some(Instant::now()),
        }
    }

    pub fn enter(&mut self, state: ModemState, trouble: &'static str) {
        self.state = state;
        self.trouble = trouble;
        self.unready_since = match state {
            ModemState::Ready => None,
            _ => self.unready_since.or_else(|| Some(Instant::now())),
        };
    }
}
