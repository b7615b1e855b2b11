//! What is kept for a time only.

use std::sync::Arc;

use crate::domain::refusal::Result;
use crate::shop::Shop;

const DAY_MS: i64 = 24 * 3_600_000;
/// A caller that repeats a request later than this starts a new one.
pub const REQUESTS_KEPT_MS: i64 = 30 * DAY_MS;
/// Texts are kept as long as the evidence, counted from the end of the longest dialogue: three rounds over weekends,
/// notice, objection and dispute fit in.
const DIALOGUE_MAX_MS: i64 = 90 * DAY_MS;

/// Once a day of business time.
pub async fn now_and_then(shop: &Arc<Shop>, pruned_ms: &mut i64) -> Result<()> {
    let now_ms = shop.now_ms();
    if now_ms - *pruned_ms < DAY_MS {
        return Ok(());
    }
    let kept_ms = i64::from(shop.cfg.evidence_retention_days) * DAY_MS + DIALOGUE_MAX_MS;
    let pruned = shop.store.write(move |tx| tx.prune(now_ms - REQUESTS_KEPT_MS, now_ms - kept_ms)).await?;
    if pruned > 0 {
        tracing::info!(pruned, "old answers and messages were forgotten");
    }
    *pruned_ms = now_ms;
    Ok(())
}
