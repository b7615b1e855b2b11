//! What the modem can do now.

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

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModemStatus {
    pub state: ModemState,
    pub port: String,
    pub model: String,
    pub signal: u32,
    pub storage_used: u32,
    pub storage_total: u32,
}

impl ModemStatus {
    pub fn absent(port: &str) -> Self {
        Self {
            state: ModemState::Absent,
            port: port.to_owned(),
            model: String::new(),
            signal: SIGNAL_UNKNOWN,
            storage_used: 0,
            storage_total: 0,
        }
    }
}
