//! How much may go out: windows over the times of past submissions. Pure; the store keeps the times.

use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;

/// The longest window: what contracts call a month.
pub const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// At most so many in any such window; 0 = no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caps {
    pub per_minute: u32,
    pub per_hour: u32,
    pub per_day: u32,
    /// What a SIM's contract allows in 30 days.
    pub per_month: u32,
}

impl Caps {
    fn windows(self) -> [(u32, SignedDuration); 4] {
        [
            (self.per_minute, SignedDuration::from_secs(60)),
            (self.per_hour, SignedDuration::from_hours(1)),
            (self.per_day, SignedDuration::from_hours(24)),
            (self.per_month, MONTH),
        ]
    }
}

/// Times of past events, oldest first. Bounded by the caps of whoever records.
#[derive(Debug, Clone, Default)]
pub struct Past(VecDeque<Timestamp>);

impl Past {
    pub fn record(&mut self, at: Timestamp) {
        while self.0.front().is_some_and(|first| *first + MONTH <= at) {
            self.0.pop_front();
        }
        // A clock that was set back must not disturb the order.
        let at = self.0.back().map_or(at, |last| at.max(*last));
        self.0.push_back(at);
    }

    /// `None`: one more may go now. Else when the fullest window has room again.
    pub fn full_until(&self, caps: Caps, now: Timestamp) -> Option<Timestamp> {
        let until = |(limit, window): (u32, SignedDuration)| {
            // Without a limit nothing is the oldest inside.
            let oldest_inside = self.0.len().checked_sub(limit as usize)?;
            let room_at = *self.0.get(oldest_inside)? + window;
            (room_at > now).then_some(room_at)
        };
        caps.windows().into_iter().filter_map(until).max()
    }
}

/// A sender's allowance of incoming messages: a bucket that fills by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// Thousandths of a message.
    pub level: u32,
    pub at: Timestamp,
}

/// More than a person types in a dispute.
const BURST: u32 = 30;
/// One more message a minute.
const REFILL_S: i64 = 60;

impl Bucket {
    pub fn full(now: Timestamp) -> Self {
        Self { level: BURST * 1000, at: now }
    }

    /// Takes one message; false when the sender is over its allowance.
    pub fn take(&mut self, now: Timestamp) -> bool {
        let passed_ms = now.duration_since(self.at).as_millis().max(0);
        let refill = u32::try_from(passed_ms / i128::from(REFILL_S)).unwrap_or(u32::MAX);
        self.level = self.level.saturating_add(refill).min(BURST * 1000);
        self.at = now;
        let allowed = self.level >= 1000;
        if allowed {
            self.level -= 1000;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).unwrap()
    }

    #[test]
    fn the_fullest_window_decides_when_the_next_may_go() {
        let caps = Caps { per_minute: 2, per_day: 3, ..Caps::default() };
        let mut past = Past::default();
        assert_eq!(past.full_until(caps, at(0)), None);
        past.record(at(0));
        past.record(at(10));
        assert_eq!(past.full_until(caps, at(11)), Some(at(60)));
        assert_eq!(past.full_until(caps, at(60)), None);
        past.record(at(60));
        assert_eq!(past.full_until(caps, at(200)), Some(at(24 * 3600)));
        assert_eq!(past.full_until(Caps::default(), at(200)), None);
        let hour = Caps { per_hour: 3, ..Caps::default() };
        assert_eq!(past.full_until(hour, at(200)), Some(at(3600)));
        let contract = Caps { per_month: 3, ..Caps::default() };
        assert_eq!(past.full_until(contract, at(200)), Some(at(30 * 24 * 3600)));
        past.record(at(30 * 24 * 3600));
        assert_eq!(past.full_until(contract, at(30 * 24 * 3600)), Some(at(30 * 24 * 3600 + 10)));
    }

    #[test]
    fn a_sender_has_a_burst_and_then_one_message_a_minute() {
        let mut bucket = Bucket::full(at(0));
        let taken = (0..40).filter(|_| bucket.take(at(0))).count();
        assert_eq!(taken, 30);
        assert!(!bucket.take(at(59)));
        assert!(bucket.take(at(61)));
        assert!(!bucket.take(at(61)));
    }
}
