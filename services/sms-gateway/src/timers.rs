//! What only the passing of business time does. A sandbox may jump by days, so the clock is looked at often.

use crate::store::Store;
use chit_runtime::Clock;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Looks between two prunings: an hour.
const PRUNE_EVERY_LOOKS: u64 = 7200;

pub async fn run(store: Arc<Store>, clock: Clock) {
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for look in 0u64.. {
        looks.tick().await;
        let now = clock.now();
        let looked = store
            .run(move |store| {
                store.sweep(now)?;
                store.flush_parts(now)?;
                if look % PRUNE_EVERY_LOOKS == 0 { store.prune(now) } else { Ok(()) }
            })
            .await;
        if let Err(error) = looked {
            tracing::error!(error = &error as &dyn Error, "the outbox cannot be looked after");
        }
    }
}
