//! What comes in bulk waits until other services have taken what was there.

use std::time::Duration;

use crate::outbox;
use crate::store::Store;
use crate::values::refusal::Result;

/// Returns when work in bulk may push more; refuses when nothing has left the outbox for as long as `patience`.
pub async fn for_bulk(store: &Store, patience: Duration) -> Result<()> {
    let mut waiting = store.watch_outbox();
    loop {
        waiting.mark_unchanged();
        if store.read(|view| view.has_room_for_bulk()).await? {
            return Ok(());
        }
        let changed = tokio::time::timeout(patience, waiting.changed()).await;
        if !matches!(changed, Ok(Ok(()))) {
            return Err(outbox::full());
        }
    }
}
