//! Work in bulk waits for room: it may fill half of the outbox, the other half is for the counter.

use super::entry::{COUNT, ENTRIES_MAX};
use crate::store::View;
use crate::values::refusal::Result;

const BULK_MAX: u64 = ENTRIES_MAX / 2;

impl View {
    /// Whether work in bulk may push more.
    pub fn has_room_for_bulk(&self) -> Result<bool> {
        Ok(self.counter(COUNT)? < BULK_MAX)
    }
}
