//! Work in bulk waits for room: it may fill half of the outbox, the other half is for the counter.

use std::time::Duration;

use super::entry::{COUNT, ENTRIES_MAX, full};
use crate::store::{Store, View};
use crate::values::refusal::Result;

const BULK_MAX: u64 = ENTRIES_MAX / 2;

impl View {
    /// Whether work in bulk may push more.
    pub fn has_room_for_bulk(&self) -> Result<bool> {
        Ok(self.counter(COUNT)? < BULK_MAX)
    }
}

impl Store {
    /// Returns when work in bulk may push more; refuses when nothing has left the outbox for as long as `patience`.
    pub async fn room_for_bulk(&self, patience: Duration) -> Result<()> {
        let mut outbox = self.watch_outbox();
        loop {
            outbox.mark_unchanged();
            if self.read(|view| view.has_room_for_bulk()).await? {
                return Ok(());
            }
            let changed = tokio::time::timeout(patience, outbox.changed()).await;
            if !matches!(changed, Ok(Ok(()))) {
                return Err(full());
            }
        }
    }
}
