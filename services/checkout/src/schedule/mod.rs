//! What happens by itself as time passes. Looks at what is due, and does each in its own transaction, which checks
//! again. Business time comes from the clock, so a sandbox may move it; the tick is monotonic.

mod due;
mod perform;
pub mod prune;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::domain::refusal::Result;
use crate::shop::Shop;
use crate::watch::modem;

use due::Due;

pub use perform::ask_all;

/// Nothing here is finer than a second; the wake-up makes reactions immediate.
const TICK: Duration = Duration::from_millis(250);
/// What was due and could not be done is tried again after this.
const REFUSED_PAUSE: Duration = Duration::from_secs(10);

pub async fn run(shop: Arc<Shop>) -> Result<()> {
    let mut refused: HashMap<Due, Instant> = HashMap::new();
    let (mut seen_ms, mut pruned_ms) = (0, 0);
    loop {
        tokio::select! {
            () = shop.shutdown.wait() => return Ok(()),
            () = shop.wake.notified() => {}
            () = tokio::time::sleep(TICK) => {}
        }
        modem::still_ready(&shop, &mut seen_ms).await?;
        prune::now_and_then(&shop, &mut pruned_ms).await?;
        refused.retain(|_, since| since.elapsed() < REFUSED_PAUSE);
        for item in due::look(&shop).await? {
            if refused.contains_key(&item) {
                continue;
            }
            if let Err(refusal) = perform::perform(&shop, &item).await {
                tracing::error!(?item, %refusal, "what was due could not be done");
                refused.insert(item, Instant::now());
            }
        }
    }
}

/// One look and all that is due, as `run` does at a tick.
#[cfg(test)]
pub async fn tick(shop: &Arc<Shop>) -> Result<()> {
    for item in due::look(shop).await? {
        perform::perform(shop, &item).await?;
    }
    Ok(())
}
