//! What happens by itself as time passes. Looks at what is due, and does each in its own transaction, which checks
//! again. Business time comes from the clock, so a sandbox may move it; the tick is monotonic.

mod due;
mod perform;

use std::sync::Arc;
use std::time::Duration;

use crate::domain::refusal::Result;
use crate::shop::Shop;

pub use perform::ask_all;

/// Nothing here is finer than a second; the wake-up makes reactions immediate.
const TICK: Duration = Duration::from_millis(250);

pub async fn run(shop: Arc<Shop>) -> Result<()> {
    loop {
        tokio::select! {
            () = shop.shutdown.wait() => return Ok(()),
            () = shop.wake.notified() => {}
            () = tokio::time::sleep(TICK) => {}
        }
        for item in due::look(&shop).await? {
            if let Err(refusal) = perform::perform(&shop, &item).await {
                tracing::error!(?item, %refusal, "what was due could not be done");
            }
        }
    }
}
