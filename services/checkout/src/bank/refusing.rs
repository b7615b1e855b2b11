//! The bank takes none of a file, or of a group of it: nothing of it happened, and its sales are VERIFIED again.

use super::ending::entry;
use super::matching::Matched;
use super::teller::Teller;
use crate::collection::exceptions::{ExceptionKind, Found};
use crate::collection::filed::{FileState, Filed};
use crate::collection::posting::Booked;
use crate::collection::{Presentment, Reported, State, pay_back_upheld};
use crate::dispute;
use crate::values::refusal::Result;

impl Teller<'_> {
    /// A refused file is looked at by a person before the next one is made.
    pub(super) fn file_refused(
        &mut self,
        mut filed: Filed,
        group: Option<usize>,
        reason: &str,
    ) -> Result<()> {
        let waiting = self.waiting_in(&filed, group)?;
        if waiting.is_empty() {
            self.tally.repeated += 1;
            return Ok(());
        }
        if group.is_none() {
            filed.state = FileState::Refused;
        }
        self.tx.put_filed(&filed);
        let found = Found::new(ExceptionKind::FileRefused);
        self.raise(Found { batch: Some(filed.batch), reason: reason.to_owned(), ..found })?;
        for matched in waiting {
            self.take_out(matched)?;
        }
        Ok(())
    }

    fn take_out(&mut self, mut matched: Matched) -> Result<()> {
        let entry = entry(Booked::NotPaid, &matched, None);
        self.tx.count_reported(self.desk.today, Reported::Refused, entry.amount_minor)?;
        self.entries.push(entry);
        let presentment = matched.deduction.presentments.remove(matched.at);
        self.count(&presentment, |filed| &mut filed.refused_minor, true)?;
        self.forget_first_of(&matched)?;
        matched.deduction.advance(State::Verified)?;
        pay_back_upheld(self.tx, &mut matched.deduction)?;
        dispute::hold_while_open(self.tx, &mut matched.deduction)?;
        self.tx.put_deduction(&self.desk.by, &matched.deduction)?;
        self.tally.refused += 1;
        Ok(())
    }

    fn forget_first_of(&mut self, matched: &Matched) -> Result<()> {
        let id = self.tx.payer(matched.deduction.payer)?.mandate;
        if let Some(mut mandate) = self.tx.find_mandate(id)? {
            mandate.forget_first(matched.deduction.sale);
            self.tx.put_mandate(&mandate)?;
        }
        Ok(())
    }

    /// Debits of a file, or of a group of it, of which the bank has said nothing.
    pub(super) fn waiting_in(&self, filed: &Filed, group: Option<usize>) -> Result<Vec<Matched>> {
        let mut waiting = Vec::new();
        for at in 0..filed.groups.len() {
            if group.is_some_and(|group| group != at) {
                continue;
            }
            let place = u8::try_from(at).unwrap_or(u8::MAX);
            for debit in self.tx.debits(filed.batch, place, None, usize::MAX)? {
                let deduction = self.tx.deduction(debit.sale)?;
                let open = |one: &Presentment| one.id == debit.presentment && one.is_open();
                let found = deduction.presentments.iter().position(open);
                if let Some(at) = found.filter(|_| deduction.state == State::Submitted) {
                    waiting.push(Matched { deduction, at });
                }
            }
        }
        Ok(waiting)
    }
}
