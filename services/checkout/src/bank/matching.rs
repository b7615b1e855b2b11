//! Which presentment of which sale a record is about.

use jiff::civil::Date;

use crate::collection::{Deduction, Presentment};
use crate::store::View;
use crate::values::ids::{BatchId, SaleId, TransferId};
use crate::values::refusal::Result;

/// The ids in a record. Banks leave some of them out.
#[derive(Clone, Copy, Default)]
pub struct Ids<'a> {
    pub end_to_end: Option<&'a str>,
    pub instruction: Option<&'a str>,
    pub message: Option<&'a str>,
    /// The day that the record speaks of.
    pub on: Option<Date>,
}

/// A presentment by its place.
pub struct Matched {
    pub deduction: Deduction,
    pub at: usize,
}

impl Ids<'_> {
    /// What a person may look for.
    pub fn reference(&self) -> String {
        self.end_to_end.or(self.instruction).or(self.message).unwrap_or_default().to_owned()
    }

    /// It has the form of a sale's id.
    pub fn names_a_sale(&self) -> bool {
        self.end_to_end.is_some_and(|id| id.parse::<SaleId>().is_ok())
    }

    pub fn find(&self, view: &View) -> Result<Option<Matched>> {
        let Some(sale) = self.end_to_end.and_then(|id| id.parse::<SaleId>().ok()) else { return Ok(None) };
        let Some(deduction) = view.find_deduction(sale)? else { return Ok(None) };
        let at = self.place(&deduction.presentments);
        Ok(at.map(|at| Matched { deduction, at }))
    }

    /// By its own id, by its file's; else the newest that may have been collected by then.
    fn place(&self, presentments: &[Presentment]) -> Option<usize> {
        let at_bank = |presentment: &Presentment| presentment.collect_on.is_some();
        let instruction = self.instruction.and_then(|id| id.parse::<TransferId>().ok());
        if let Some(id) = instruction {
            return presentments.iter().position(|presentment| at_bank(presentment) && presentment.id == id);
        }
        if let Some(batch) = self.message.and_then(|id| id.parse::<BatchId>().ok()) {
            return presentments.iter().position(|one| at_bank(one) && one.batch == batch);
        }
        let by_then =
            |one: &Presentment| self.on.is_none_or(|on| one.collect_on.is_some_and(|day| day <= on));
        presentments
            .iter()
            .rposition(|one| at_bank(one) && by_then(one))
            .or_else(|| presentments.iter().rposition(at_bank))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use jiff::civil::date;
    use ulid::Ulid;

    fn presented(n: u64, on: Date) -> Presentment {
        Presentment {
            id: TransferId(Ulid::from_parts(n, 1)),
            batch: BatchId(Ulid::from_parts(n, 2)),
            submitted_at: Timestamp::UNIX_EPOCH,
            amount_minor: 1,
            collect_on: Some(on),
            accepted_at: None,
            settled_at: None,
            returned: None,
        }
    }

    #[test]
    fn a_record_finds_its_own_presentment_and_never_the_next_one() {
        let both = [presented(1, date(2026, 12, 8)), presented(2, date(2026, 12, 14))];
        let place = |ids: Ids<'_>| ids.place(&both);
        let (first, second) = (both[0].id.to_string(), both[1].batch.to_string());
        assert_eq!(place(Ids { instruction: Some(&first), ..Ids::default() }), Some(0));
        assert_eq!(place(Ids { message: Some(&second), ..Ids::default() }), Some(1));
        assert_eq!(place(Ids { on: Some(date(2026, 12, 13)), ..Ids::default() }), Some(0));
        assert_eq!(place(Ids { on: Some(date(2026, 12, 14)), ..Ids::default() }), Some(1));
        assert_eq!(place(Ids { instruction: Some("NOTPROVIDED"), ..Ids::default() }), Some(1));
        let strange = Ulid::from_parts(9, 9).to_string();
        assert_eq!(place(Ids { instruction: Some(&strange), ..Ids::default() }), None);
    }
}
