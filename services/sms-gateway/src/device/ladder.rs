//! A modem that hangs: ESC and AT (in setup), then reopening, then AT+CFUN=1,1 if the owner allows it, then a person.

use super::link::Link;
use crate::config::Reset;
use std::time::Duration;

/// Sessions without one answer before the reset, and before a person is called.
const SILENT_BEFORE_RESET: u32 = 4;
const SILENT_BEFORE_FAILED: u32 = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rung {
    Reopen,
    Reset,
    /// Tried again all the same, seldom.
    Failed,
}

#[derive(Debug, Default)]
pub struct Ladder {
    silent: u32,
}

impl Ladder {
    pub fn answered(&mut self) {
        self.silent = 0;
    }

    /// The port opened and nobody answered.
    pub fn silent(&mut self, reset: Reset) -> Rung {
        self.silent = self.silent.saturating_add(1);
        match self.silent {
            SILENT_BEFORE_RESET if reset == Reset::Cfun => Rung::Reset,
            silent if silent >= SILENT_BEFORE_FAILED => Rung::Failed,
            _ => Rung::Reopen,
        }
    }
}

/// Full functionality after a restart (27.007 §8.2). Some modems leave the USB for it, so no answer is waited for.
pub async fn restart(link: &mut Link) {
    const ANSWER: Duration = Duration::from_secs(2);
    tracing::warn!("the modem is restarted by AT+CFUN=1,1");
    let _ = link.command("AT+CFUN=1,1", None, ANSWER).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_modem_is_reset_only_if_allowed_and_then_given_to_a_person() {
        for (reset, fourth) in [(Reset::None, Rung::Reopen), (Reset::Cfun, Rung::Reset)] {
            let mut ladder = Ladder::default();
            let rungs: Vec<Rung> = (0..8).map(|_| ladder.silent(reset)).collect();
            assert_eq!(
                (rungs[2], rungs[3], rungs[6], rungs[7]),
                (Rung::Reopen, fourth, Rung::Reopen, Rung::Failed)
            );
            ladder.answered();
            assert_eq!(ladder.silent(reset), Rung::Reopen);
        }
    }
}
