//! Wrong PINs, counted. Whose they are, and where they come from, is the caller's to tell apart.

use jiff::{SignedDuration, Timestamp};

use crate::error::PinError;

/// Five wrong PINs close the door, the first time for five minutes. Four digits would fall in an hour without it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PinLockout {
    pub wrong: u8,
    pub locked_until: Option<Timestamp>,
    /// Times that the door was closed since the last right PIN.
    pub locks: u8,
}

impl PinLockout {
    pub const WRONG_MAX: u8 = 5;
    pub const FIRST: SignedDuration = SignedDuration::from_mins(5);
    const LONGEST: SignedDuration = SignedDuration::from_hours(24);

    /// Ask before the PIN is even hashed.
    pub fn check(self, now: Timestamp) -> Result<(), PinError> {
        match self.locked_until {
            Some(until) if now < until => Err(PinError::LockedOut { until }),
            _ => Ok(()),
        }
    }

    /// The counter to store after a PIN was tried, and the answer.
    pub fn after_try(self, right: bool, now: Timestamp) -> (Self, Result<(), PinError>) {
        if let Err(locked) = self.check(now) {
            return (self, Err(locked));
        }
        if right {
            return (Self::default(), Ok(()));
        }
        let before = if self.locked_until.is_some() { 0 } else { self.wrong };
        let wrong = before + 1;
        if wrong < Self::WRONG_MAX {
            let left = Self::WRONG_MAX - wrong;
            return (Self { wrong, locked_until: None, ..self }, Err(PinError::Wrong { left }));
        }
        let until = now + Self::closed_for(self.locks);
        let locks = self.locks.saturating_add(1);
        (Self { wrong, locked_until: Some(until), locks }, Err(PinError::LockedOut { until }))
    }

    /// Twice as long each time.
    fn closed_for(locks_before: u8) -> SignedDuration {
        let factor = 1_i32 << locks_before.min(16);
        Self::FIRST.checked_mul(factor).unwrap_or(Self::LONGEST).min(Self::LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Timestamp {
        "2026-11-24T10:00:00Z".parse().unwrap()
    }

    fn lock(mut lockout: PinLockout, at: Timestamp) -> PinLockout {
        for _try in 0..PinLockout::WRONG_MAX {
            lockout = lockout.after_try(false, at).0;
        }
        lockout
    }

    #[test]
    fn five_wrong_pins_lock_for_five_minutes_and_then_count_anew() {
        let mut lockout = PinLockout::default();
        for left in (1..5).rev() {
            let (next, answer) = lockout.after_try(false, start());
            assert_eq!(answer, Err(PinError::Wrong { left }));
            lockout = next;
        }
        let until = start() + PinLockout::FIRST;
        let (lockout, answer) = lockout.after_try(false, start());
        assert_eq!(answer, Err(PinError::LockedOut { until }));
        let before = until - SignedDuration::from_secs(1);
        assert_eq!(lockout.after_try(true, before).1, Err(PinError::LockedOut { until }), "even a right one");
        assert_eq!(lockout.after_try(false, until).1, Err(PinError::Wrong { left: 4 }));
        assert_eq!(lockout.after_try(true, until), (PinLockout::default(), Ok(())));
    }

    #[test]
    fn each_lock_lasts_twice_as_long_up_to_a_day_and_a_right_pin_forgives_all() {
        let (mut lockout, mut at) = (PinLockout::default(), start());
        let mut lasted = Vec::new();
        for _lock in 0..12 {
            lockout = lock(lockout, at);
            let until = lockout.locked_until.unwrap();
            lasted.push(until.duration_since(at).as_mins());
            at = until;
        }
        assert_eq!(lasted, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440, 1440]);
        assert_eq!(lockout.after_try(true, at).0, PinLockout::default());
    }
}
