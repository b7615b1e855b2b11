//! Whether the clock can be believed. A second in the future would list a payer for ever, so a jump of the wall clock
//! stops expiry, listing and asking until the time is confirmed, by the network or by a person. Sales go on, flagged.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};

use crate::context::Shop;
use crate::store::{Tx, View};
use crate::values::refusal::Result;
use crate::values::time;

/// A wall clock that steps by less is being set right by its own means.
const JUMP_MS: i64 = 60_000;
/// A longer pause than a weekend: nobody saw what the clock did meanwhile.
const PAUSE_MS: i64 = 4 * time::DAY_MS;
/// A time stamp on a message may have waited two minutes; a machine's clock without a network drifts by less a month.
const NETWORK_AGREES_MS: i64 = 5 * 60_000;
/// Written down now and then, so that a start knows when the last process was sure.
const SEEN_EVERY_MS: i64 = 60_000;
const SEEN: &str = "system_seen_ms";
/// 1 = in doubt; survives a restart, or a restart would confirm it.
const DOUBT: &str = "time_in_doubt";

/// The machine's wall clock, and a clock that nobody sets and that counts while the machine sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    pub wall_ms: i64,
    pub steady: Duration,
}

impl Reading {
    pub fn now() -> Self {
        let since_boot = clock_gettime(ClockId::Boottime);
        let (seconds, nanos) = (since_boot.tv_sec, since_boot.tv_nsec);
        let steady = Duration::new(
            u64::try_from(seconds).unwrap_or_default(),
            u32::try_from(nanos).unwrap_or_default(),
        );
        Self { wall_ms: Timestamp::now().as_millisecond(), steady }
    }

    /// The wall clock moved by more than the time that passed, or backwards.
    pub fn jumped_since(self, earlier: Self) -> bool {
        let passed =
            i64::try_from(self.steady.saturating_sub(earlier.steady).as_millis()).unwrap_or(i64::MAX);
        (self.wall_ms - earlier.wall_ms - passed).abs() > JUMP_MS
    }
}

/// After a start: the last process was sure at `seen_ms`, and it is `now_ms`.
pub fn doubtful_start(seen_ms: i64, now_ms: i64) -> bool {
    seen_ms > 0 && (now_ms < seen_ms - JUMP_MS || now_ms - seen_ms > PAUSE_MS)
}

pub struct Watch {
    last: Reading,
    written_ms: i64,
}

impl Watch {
    pub async fn start(shop: &Arc<Shop>, now: Reading) -> Result<Self> {
        let (seen, doubted) = shop.store.read(|view| Ok((ms(view, SEEN)?, view.counter(DOUBT)? > 0))).await?;
        // A sandbox is left alone for days, and its time is its own.
        if doubted || (!shop.sandbox && doubtful_start(seen, now.wall_ms)) {
            doubt(shop).await?;
        }
        Ok(Self { last: now, written_ms: 0 })
    }

    pub async fn look(&mut self, shop: &Arc<Shop>, now: Reading) -> Result<()> {
        if now.jumped_since(self.last) {
            tracing::error!(
                "the clock of this machine jumped; nobody is asked or listed until it is confirmed"
            );
            doubt(shop).await?;
        }
        self.last = now;
        let in_doubt = *shop.signals.time_in_doubt.borrow();
        if !in_doubt && (now.wall_ms - self.written_ms).abs() >= SEEN_EVERY_MS {
            let hears = *shop.signals.modem_ready.borrow();
            shop.store
                .write(move |tx| {
                    set_ms(tx, SEEN, now.wall_ms);
                    if hears {
                        tx.note_hearing();
                    }
                    Ok(())
                })
                .await?;
            self.written_ms = now.wall_ms;
        }
        Ok(())
    }
}

async fn doubt(shop: &Arc<Shop>) -> Result<()> {
    if !shop.signals.time_in_doubt.send_replace(true) {
        shop.store
            .write(|tx| {
                tx.set_counter(DOUBT, 1);
                tx.deafen(false)
            })
            .await?;
    }
    Ok(())
}

/// What the network's clock says of this machine's. A sandbox has a time of its own.
pub async fn compare(shop: &Arc<Shop>, network: Timestamp, local: Timestamp) -> Result<()> {
    if shop.sandbox {
        return Ok(());
    }
    let in_doubt = *shop.signals.time_in_doubt.borrow();
    let agrees = time::ms_between(network, local).abs() <= NETWORK_AGREES_MS;
    if !agrees && !in_doubt {
        tracing::error!(
            "the network's clock says another time than this machine's; nobody is asked or listed"
        );
        doubt(shop).await?;
    } else if agrees && in_doubt {
        let hears = *shop.signals.modem_ready.borrow();
        shop.store.write(move |tx| confirm(tx, hears)).await?;
        shop.signals.time_in_doubt.send_replace(false);
        shop.signals.wake.notify_one();
    }
    Ok(())
}

/// The network or a person says that the clock is right now.
pub fn confirm(tx: &mut Tx, hears: bool) -> Result<()> {
    tx.set_counter(DOUBT, 0);
    set_ms(tx, SEEN, Timestamp::now().as_millisecond());
    if hears { tx.hear_again() } else { Ok(()) }
}

fn ms(view: &View, name: &str) -> Result<i64> {
    Ok(i64::try_from(view.counter(name)?).unwrap_or_default())
}

fn set_ms(tx: &mut Tx, name: &str, ms: i64) {
    tx.set_counter(name, u64::try_from(ms).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(wall_s: i64, steady_s: u64) -> Reading {
        Reading { wall_ms: wall_s * 1000, steady: Duration::from_secs(steady_s) }
    }

    #[test]
    fn a_step_of_the_wall_clock_is_seen_and_a_night_of_sleep_is_not() {
        let before = reading(1_795_000_000, 100);
        assert!(!reading(1_795_000_000 + 28_800, 28_900).jumped_since(before), "eight hours passed");
        assert!(!reading(1_795_000_030, 101).jumped_since(before), "it is being set right");
        assert!(reading(1_795_000_000 + 86_400, 101).jumped_since(before), "a day ahead");
        assert!(reading(1_795_000_000 - 3_600, 101).jumped_since(before), "an hour back");
    }

    #[test]
    fn a_start_in_the_past_or_after_a_long_pause_is_doubtful() {
        let seen = 1_795_000_000_000;
        assert!(!doubtful_start(0, seen), "the first start");
        assert!(!doubtful_start(seen, seen + 3 * time::DAY_MS), "a long weekend");
        assert!(doubtful_start(seen, seen + 5 * time::DAY_MS));
        assert!(doubtful_start(seen, seen - 3_600_000));
    }

    #[test]
    fn at_the_limit_there_is_no_doubt_yet() {
        let seen = 1_795_000_000_000;
        assert!(!doubtful_start(seen, seen + PAUSE_MS) && doubtful_start(seen, seen + PAUSE_MS + 1));
        assert!(!doubtful_start(seen, seen - JUMP_MS) && doubtful_start(seen, seen - JUMP_MS - 1));
        let before = reading(1_795_000_000, 100);
        let after = |wall_ms| Reading { wall_ms, ..reading(0, 100) };
        for sign in [1, -1] {
            assert!(!after(before.wall_ms + sign * JUMP_MS).jumped_since(before));
            assert!(after(before.wall_ms + sign * (JUMP_MS + 1)).jumped_since(before));
        }
    }
}
