//! Wrong PINs of the issuer's people. Four digits would fall in an hour without it.

use super::Refusal;

const WRONG_MAX: u32 = 5;
const FIRST_MS: i64 = 5 * 60_000;
const LONGEST_MS: i64 = 24 * 3_600_000;

/// Five wrong PINs close the door for five minutes, then for twice as long each time, up to a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Lockout {
    pub wrong: u32,
    /// Times that the door was closed since the last right PIN.
    pub locks: u32,
    /// 0 = open.
    pub until_ms: i64,
}

impl Lockout {
    /// Ask before the PIN is even hashed.
    pub fn check(self, now_ms: i64) -> Result<(), Refusal> {
        if now_ms < self.until_ms { Err(Refusal::PinLockedOut) } else { Ok(()) }
    }

    /// What is kept after a PIN was tried.
    pub fn after_try(self, right: bool, now_ms: i64) -> Self {
        if right {
            return Self::default();
        }
        let before = if self.until_ms > 0 { 0 } else { self.wrong };
        if before + 1 < WRONG_MAX {
            return Self { wrong: before + 1, until_ms: 0, ..self };
        }
        let closed_ms = (FIRST_MS << self.locks.min(16)).min(LONGEST_MS);
        Self { wrong: 0, locks: self.locks.saturating_add(1), until_ms: now_ms + closed_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_wrong_pins_close_the_door_each_time_for_longer_and_a_right_one_forgives_all() {
        let (mut lockout, mut now_ms) = (Lockout::default(), 1_000);
        let mut closed_min = Vec::new();
        for _ in 0..10 {
            for _ in 0..WRONG_MAX {
                assert_eq!(lockout.check(now_ms), Ok(()));
                lockout = lockout.after_try(false, now_ms);
            }
            assert_eq!(lockout.check(lockout.until_ms - 1), Err(Refusal::PinLockedOut));
            closed_min.push((lockout.until_ms - now_ms) / 60_000);
            now_ms = lockout.until_ms;
        }
        assert_eq!(closed_min, [5, 10, 20, 40, 80, 160, 320, 640, 1_280, 1_440]);
        assert_eq!(lockout.after_try(true, now_ms), Lockout::default());
    }
}
