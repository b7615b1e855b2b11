//! Disputes in the store.

use super::case::{Cause, Dispute, DisputeState};
use crate::store::history::{Change, Kind};
use crate::store::records::{self, damaged, dispute as stored};
use crate::store::table::Table;
use crate::store::{Seek, Tx, View};
use crate::values::ids::DisputeId;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result};
use crate::values::time;

impl Tx {
    pub fn put_dispute(&mut self, actor: &str, dispute: &Dispute) -> Result<()> {
        let key = dispute.id.to_bytes();
        let before = self.record::<stored::Dispute>(Table::Disputes, &key)?;
        let record = stored::Dispute {
            sale_id: dispute.sale.to_bytes().to_vec(),
            state: dispute.state as u32,
            cause: dispute.cause as u32,
            opened_by: dispute.opened_by.clone(),
            resolved_by: dispute.resolved_by.clone().unwrap_or_default(),
            opened_ms: dispute.opened_at.as_millisecond(),
            resolved_ms: records::optional_ms(dispute.resolved_at),
            opened_heard_ms: dispute.opened_heard_ms,
        };
        self.put(Table::Disputes, &key, &record);
        self.index(Table::OpenDisputes, &key, dispute.state == DisputeState::Open);
        let change = Change {
            kind: Kind::Dispute,
            subject: &key,
            state: dispute.state as u32,
            before: before.as_ref().map(records::body),
            after: records::body(&record),
        };
        self.record_change(actor, &change)
    }
}

impl View {
    pub fn dispute(&self, id: DisputeId) -> Result<Dispute> {
        let record = self.record::<stored::Dispute>(Table::Disputes, &id.to_bytes())?;
        let record = record.ok_or_else(|| Refusal::not_found(Reason::DISPUTE_NOT_FOUND, "dispute"))?;
        from_record(id, record)
    }

    /// The newest disputes, or the newest of those that are open.
    pub fn newest_disputes(&self, open_only: bool, limit: usize) -> Result<Vec<Dispute>> {
        let table = if open_only { Table::OpenDisputes } else { Table::Disputes };
        let rows = self.page(table, b"", Seek::End, limit)?;
        rows.iter().map(|(key, _)| self.dispute(records::id(key)?)).collect()
    }
}

fn from_record(id: DisputeId, record: stored::Dispute) -> Result<Dispute> {
    let state = DisputeState::ALL.into_iter().find(|state| *state as u32 == record.state);
    let cause = Cause::ALL.into_iter().find(|cause| *cause as u32 == record.cause);
    Ok(Dispute {
        id,
        sale: records::id(&record.sale_id)?,
        state: state.ok_or_else(|| damaged("a dispute's state is unknown"))?,
        cause: cause.ok_or_else(|| damaged("a dispute's cause is unknown"))?,
        opened_by: record.opened_by,
        opened_at: time::from_ms(record.opened_ms),
        opened_heard_ms: record.opened_heard_ms,
        resolved_by: records::some_text(record.resolved_by),
        resolved_at: records::optional_time(record.resolved_ms),
    })
}
