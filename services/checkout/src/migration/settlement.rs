//! Settlement batches and disputes.

use super::tables::Row;
use super::v2;
use super::work::{Import, numbered, since};
use crate::collection::{Batch, BatchState, currency};
use crate::dispute::{Cause, Dispute, DisputeState};
use crate::store::records;
use crate::values::ids::SaleId;
use crate::values::refusal::Result;
use crate::values::time;

pub fn batch(import: &mut Import<'_>, row: &Row) -> Result<()> {
    let old: v2::Batch = row.record()?;
    let sales: Result<Vec<SaleId>> = old.sale_ids.iter().map(|id| records::parsed(id, "a sale")).collect();
    let batch = Batch {
        id: row.id()?,
        state: numbered(&BatchState::ALL, |state| state as i32, old.state, "the batch's state")?,
        rail: old.rail,
        sales: sales?,
        total_minor: old.total_minor,
        currency: currency(&old.currency_code)?,
        created_at: time::from_ms(old.create_ms),
        actor: old.actor,
    };
    import.tx.put_batch("system", &batch)
}

pub fn dispute(import: &mut Import<'_>, row: &Row) -> Result<()> {
    let old: v2::Dispute = row.record()?;
    let dispute = Dispute {
        id: row.id()?,
        sale: records::parsed(&old.sale_id, "the sale")?,
        state: numbered(&DisputeState::ALL, |state| state as i32, old.state, "the dispute's state")?,
        cause: numbered(&Cause::ALL, |cause| cause as i32, old.cause, "the dispute's cause")?,
        opened_by: old.opened_by,
        opened_at: time::from_ms(old.create_ms),
        opened_heard_ms: import.heard_ms(old.create_ms)?,
        resolved_by: records::some_text(old.resolved_by),
        resolved_at: since(old.resolve_ms),
    };
    import.tx.put_dispute("system", &dispute)
}
