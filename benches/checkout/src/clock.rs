//! Business time as checkout's sandbox has it: set by each AdvanceClock, running on in between.

use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

pub const HOUR_MS: i64 = 3_600_000;
pub const DAY_MS: i64 = 24 * HOUR_MS;
/// The shop's zone is Asia/Shanghai: eight hours east, all the year.
const EAST_MS: i64 = 8 * HOUR_MS;

#[derive(Clone)]
pub struct Clock(Arc<Mutex<(i64, Instant)>>);

impl Clock {
    pub fn start() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(Arc::new(Mutex::new((now.as_millis() as i64, Instant::now()))))
    }

    pub fn set(&self, now_ms: i64) {
        *self.0.lock().expect("the clock is whole") = (now_ms, Instant::now());
    }

    pub fn now_ms(&self) -> i64 {
        let (at_ms, since) = *self.0.lock().expect("the clock is whole");
        at_ms + since.elapsed().as_millis() as i64
    }

    pub fn timestamp(&self) -> prost_types::Timestamp {
        timestamp(self.now_ms())
    }
}

pub fn timestamp(ms: i64) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: ms.div_euclid(1000), nanos: (ms.rem_euclid(1000) * 1_000_000) as i32 }
}

pub fn millis(time: &prost_types::Timestamp) -> i64 {
    time.seconds * 1000 + i64::from(time.nanos) / 1_000_000
}

/// Days since 1970 in the shop.
pub fn local_day(ms: i64) -> i64 {
    (ms + EAST_MS).div_euclid(DAY_MS)
}

/// Milliseconds since midnight in the shop.
pub fn of_day_ms(ms: i64) -> i64 {
    (ms + EAST_MS).rem_euclid(DAY_MS)
}
