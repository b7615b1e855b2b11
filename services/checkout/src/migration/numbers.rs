//! Counters and cursors.

use super::tables::Row;
use super::work::{DOWN_SINCE, Import};
use crate::store::records::{self, damaged};
use crate::values::refusal::Result;

/// 0 = the modem is ready.
const SEEN_READY: &str = "modem_seen_ready_ms";

pub fn number(import: &mut Import<'_>, row: &Row) -> Result<()> {
    let value = u64::from_be_bytes(records::fixed(&row.value)?);
    match row.name()? {
        // Under the same names today.
        name @ ("inbound_seq" | "sms_revision" | "outbox_last") => import.tx.set_counter(name, value),
        name if name.starts_with("receipts ") => import.tx.set_counter(name, value),
        DOWN_SINCE | SEEN_READY => {
            let (down, seen) = (import.old.number(DOWN_SINCE)?, import.old.number(SEEN_READY)?);
            import.tx.adopt_hearing(down, seen);
        }
        // Entries are counted as they come.
        "outbox_count" | "schema" => {}
        _ => return Err(damaged("nobody knows what is counted here")),
    }
    Ok(())
}
