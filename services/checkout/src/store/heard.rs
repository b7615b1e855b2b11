//! The second clock: business time without the hours in which the shop could not hear its payers (no modem, checkout
//! itself down) or did not know what time it is. Payers' hours run on it, so nobody loses time by the shop's fault, and
//! nothing has to be changed on each challenge when the shop hears again.

use jiff::Timestamp;

use super::{Tx, View};
use crate::values::refusal::Result;
use crate::values::time;

const LOST: &str = "heard_lost_ms";
/// 0 = the shop hears.
const DEAF_SINCE: &str = "heard_deaf_since_ms";
/// Business time at which the shop was last known to hear: after a kill the clock has stood since then.
const SEEN: &str = "heard_seen_ms";

impl View {
    /// Milliseconds of the heard clock now.
    pub fn heard_ms(&self, now: Timestamp) -> Result<i64> {
        let deaf = self.ms(DEAF_SINCE)?;
        let now = now.as_millisecond();
        let runs_to = if deaf > 0 { deaf.min(now) } else { now };
        Ok(runs_to - self.ms(LOST)?)
    }

    /// When `heard_ms` will be in business time, if the shop goes on hearing.
    pub fn when_heard(&self, heard_ms: i64, now: Timestamp) -> Result<Timestamp> {
        Ok(time::plus_ms(now, heard_ms - self.heard_ms(now)?))
    }

    pub fn is_deaf(&self) -> Result<bool> {
        Ok(self.ms(DEAF_SINCE)? > 0)
    }

    fn ms(&self, name: &str) -> Result<i64> {
        Ok(i64::try_from(self.counter(name)?).unwrap_or_default())
    }
}

impl Tx {
    /// From now on the shop does not hear. `was_hearing`: it did until this moment; else it may have been deaf since it
    /// was last seen to hear.
    pub fn deafen(&mut self, was_hearing: bool) -> Result<()> {
        if self.is_deaf()? {
            return Ok(());
        }
        let (now, seen) = (self.now.as_millisecond(), self.ms(SEEN)?);
        let since = if was_hearing || seen == 0 { now } else { seen.min(now) };
        self.set_ms(DEAF_SINCE, since);
        Ok(())
    }

    /// The shop hears again: the time since it did not is given back.
    pub fn hear_again(&mut self) -> Result<()> {
        let (now, since) = (self.now.as_millisecond(), self.ms(DEAF_SINCE)?);
        if since > 0 {
            let lost = self.ms(LOST)? + (now - since).max(0);
            self.set_ms(LOST, lost);
            self.set_ms(DEAF_SINCE, 0);
        }
        self.set_ms(SEEN, now);
        Ok(())
    }

    /// Where an older program's clock stood: deaf since then (0 = it heard), last known to hear.
    pub fn adopt_hearing(&mut self, deaf_since_ms: u64, seen_ms: u64) {
        self.set_counter(DEAF_SINCE, deaf_since_ms);
        self.set_counter(SEEN, seen_ms);
    }

    /// Written down now and then, so that a kill gives the payers at most that much too much.
    pub fn note_hearing(&mut self) {
        let now = self.now.as_millisecond();
        self.set_ms(SEEN, now);
    }

    fn set_ms(&mut self, name: &str, ms: i64) {
        self.set_counter(name, u64::try_from(ms).unwrap_or_default());
    }
}
