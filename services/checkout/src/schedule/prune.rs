//! What is kept for a time only.

use std::sync::Arc;

use crate::context::Shop;
use crate::values::refusal::Result;
use crate::values::time::{self, DAY_MS, HOUR_MS};

/// A caller that repeats a request later than this starts a new one.
pub const REQUESTS_KEPT_MS: i64 = 30 * DAY_MS;
/// Texts are kept as long as the evidence, counted from the end of the longest dialogue: three rounds over weekends,
/// notice, objection and dispute fit in.
const DIALOGUE_MAX_MS: i64 = 90 * DAY_MS;
/// Rows of each kind in one transaction: nobody waits for a long one.
const AT_A_TIME: usize = 500;

pub fn messages_kept_ms(shop: &Shop) -> i64 {
    i64::from(shop.cfg.evidence_retention_days) * DAY_MS + DIALOGUE_MAX_MS
}

/// Once an hour of business time, in small steps.
pub async fn now_and_then(shop: &Arc<Shop>, pruned_ms: &mut i64) -> Result<()> {
    let now_ms = shop.clock.now().as_millisecond();
    // An old history is forgotten by a clock that is trusted, or not at all.
    if now_ms - *pruned_ms < HOUR_MS || *shop.signals.time_in_doubt.borrow() {
        return Ok(());
    }
    let messages_kept_ms = messages_kept_ms(shop);
    let history_kept_ms = i64::from(shop.cfg.history_days) * DAY_MS;
    let mut pruned = 0;
    loop {
        let forgotten = shop
            .store
            .write(move |tx| {
                let requests = tx.forget_requests(now_ms - REQUESTS_KEPT_MS, AT_A_TIME)?;
                let messages = tx.forget_messages(time::from_ms(now_ms - messages_kept_ms), AT_A_TIME)?;
                let events = tx.forget_events(now_ms - history_kept_ms, AT_A_TIME)?;
                Ok(requests + messages + events)
            })
            .await?;
        pruned += forgotten;
        if forgotten < AT_A_TIME {
            break;
        }
    }
    if pruned > 0 {
        tracing::info!(pruned, "old answers, messages and events were forgotten");
    }
    *pruned_ms = now_ms;
    Ok(())
}
