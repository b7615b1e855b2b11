//! Shifts: from one Z report to the next.

use jiff::Timestamp;

use super::report::all_days;
use crate::store::history::{Change, Kind};
use crate::store::records::collection::DaySums;
use crate::store::records::{self, shift as stored};
use crate::store::table::Table;
use crate::store::{Seek, Tx, View};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result};
use crate::values::time;

#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    /// From 1, without gaps.
    pub number: u64,
    pub opened_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    pub closed_by: String,
    /// The sums of all days when it began and when it ended.
    pub from: DaySums,
    pub to: Option<DaySums>,
}

/// The Z report: the running shift ends, and the next begins at this moment.
pub fn close(tx: &mut Tx, actor: &str) -> Result<Shift> {
    let mut shift = current(tx)?;
    shift.closed_at = Some(tx.now);
    shift.closed_by = actor.to_owned();
    shift.to = Some(all_days(tx)?);
    let record = stored::Shift {
        opened_ms: shift.opened_at.as_millisecond(),
        closed_ms: records::optional_ms(shift.closed_at),
        closed_by: shift.closed_by.clone(),
        sums: shift.to,
    };
    let key = shift.number.to_be_bytes();
    tx.put(Table::Shifts, &key, &record);
    let after = records::body(&record);
    tx.record_change(actor, &Change { kind: Kind::Shift, subject: &key, state: 1, before: None, after })?;
    Ok(shift)
}

/// The shift that runs now.
pub fn current(view: &View) -> Result<Shift> {
    let last = view.page(Table::Shifts, b"", Seek::End, 1)?.pop();
    let Some((key, value)) = last else {
        let begin = view.events_after(0, 1)?.first().map_or(0, |first| first.event.time_ms);
        return Ok(running(1, time::from_ms(begin), DaySums::default()));
    };
    let closed: stored::Shift = records::decode(&value)?;
    let number = u64::from_be_bytes(records::fixed(&key)?) + 1;
    Ok(running(number, time::from_ms(closed.closed_ms.unwrap_or_default()), closed.sums.unwrap_or_default()))
}

fn running(number: u64, opened_at: Timestamp, from: DaySums) -> Shift {
    Shift { number, opened_at, closed_at: None, closed_by: String::new(), from, to: None }
}

impl View {
    /// A shift by its number; the running one too.
    pub fn shift(&self, number: u64) -> Result<Shift> {
        let running = current(self)?;
        if number == running.number {
            return Ok(running);
        }
        let record = self.record::<stored::Shift>(Table::Shifts, &number.to_be_bytes())?;
        let record = record.ok_or_else(|| Refusal::not_found(Reason::SHIFT_NOT_FOUND, "shift"))?;
        let before = number.saturating_sub(1).to_be_bytes();
        let before: stored::Shift = self.record(Table::Shifts, &before)?.unwrap_or_default();
        Ok(Shift {
            number,
            opened_at: time::from_ms(record.opened_ms),
            closed_at: records::optional_time(record.closed_ms),
            closed_by: record.closed_by,
            from: before.sums.unwrap_or_default(),
            to: record.sums,
        })
    }
}
