//! What becomes of a presentment: taken in, paid, not paid, taken back.

use chit_iso20022::Money;
use jiff::civil::Date;

use super::course::{Course, course, ends_mandate};
use super::matching::Matched;
use super::teller::Teller;
use crate::collection::exceptions::{ExceptionKind, Found};
use crate::collection::posting::{Booked, Entry, transfer_id};
use crate::collection::{
    After, BatchState, Deduction, Notice, Presentment, Reported, Returned, State, pay_back_upheld,
};
use crate::dispute::{self, Cause};
use crate::values::ids::{DisputeId, SaleId, TransferId};
use crate::values::refusal::{RefusalKind, Result};

impl Teller<'_> {
    pub(super) fn accepted(&mut self, mut matched: Matched) -> Result<()> {
        let now = self.tx.now;
        let presentment = &mut matched.deduction.presentments[matched.at];
        if presentment.accepted_at.is_some() || !presentment.is_open() {
            self.tally.repeated += 1;
            return Ok(());
        }
        presentment.accepted_at = Some(now);
        let batch = presentment.batch;
        self.tx.put_deduction(&self.desk.by, &matched.deduction)?;
        let mut filed = self.tx.filed(batch)?;
        self.file_accepted(&mut filed)?;
        self.tx.put_filed(&filed);
        self.tally.accepted += 1;
        Ok(())
    }

    pub(super) fn paid(&mut self, mut matched: Matched, amount: Option<Money>, on: Date) -> Result<()> {
        let presentment = &matched.deduction.presentments[matched.at];
        if presentment.settled_at.is_some() {
            self.tally.repeated += 1;
            return Ok(());
        }
        if presentment.returned.is_some() || matched.deduction.state != State::Submitted {
            return self.contradiction(&matched, "");
        }
        if !self.agrees(&matched, amount)? {
            return Ok(());
        }
        self.settle(&mut matched, on)?;
        pay_back_upheld(self.tx, &mut matched.deduction)?;
        self.tx.put_deduction(&self.desk.by, &matched.deduction)?;
        self.tally.received += 1;
        Ok(())
    }

    /// The caller stores the deduction.
    fn settle(&mut self, matched: &mut Matched, on: Date) -> Result<()> {
        let (now, first) = (self.tx.now, !matched.deduction.is_posted());
        matched.deduction.advance(State::Settled)?;
        matched.deduction.presentments[matched.at].settled_at = Some(now);
        let pending = first.then_some(matched.deduction.pending);
        let entry = entry(Booked::Received, matched, pending);
        let minor = entry.amount_minor;
        self.entries.push(entry);
        self.tx.count_reported(on, Reported::Received, minor)?;
        self.count(&matched.deduction.presentments[matched.at], |filed| &mut filed.received_minor, true)
    }

    pub(super) fn refused(
        &mut self,
        mut matched: Matched,
        reason: &str,
        amount: Option<Money>,
        on: Date,
    ) -> Result<()> {
        let presentment = &matched.deduction.presentments[matched.at];
        if presentment.returned.is_some() {
            self.tally.repeated += 1;
            return Ok(());
        }
        if presentment.settled_at.is_some() || matched.deduction.state != State::Submitted {
            return self.contradiction(&matched, reason);
        }
        if amount.is_some() && !self.agrees(&matched, amount)? {
            return Ok(());
        }
        let entry = entry(Booked::NotPaid, &matched, None);
        self.tx.count_reported(on, Reported::Refused, entry.amount_minor)?;
        self.entries.push(entry);
        self.count(&matched.deduction.presentments[matched.at], |filed| &mut filed.refused_minor, true)?;
        self.tally.refused += 1;
        self.end(&mut matched, reason, false)
    }

    pub(super) fn taken_back(
        &mut self,
        mut matched: Matched,
        reason: &str,
        amount: Option<Money>,
        on: Date,
    ) -> Result<()> {
        let presentment = &matched.deduction.presentments[matched.at];
        if presentment.returned.is_some() {
            self.tally.repeated += 1;
            return Ok(());
        }
        let fitting = matches!(matched.deduction.state, State::Submitted | State::Settled);
        if !fitting || matched.at + 1 != matched.deduction.presentments.len() {
            return self.contradiction(&matched, reason);
        }
        if !self.agrees(&matched, amount)? {
            return Ok(());
        }
        // Only what came goes back, so its booking is on the way in another file.
        if matched.deduction.state == State::Submitted {
            self.settle(&mut matched, on)?;
            pay_back_upheld(self.tx, &mut matched.deduction)?;
        }
        let refunded = matched.deduction.refunds.iter().any(|refund| !refund.in_cash);
        let booked = if refunded { Booked::RefundedByBank } else { Booked::TakenBack };
        let entry = entry(booked, &matched, None);
        self.tx.count_reported(on, Reported::Returned, entry.amount_minor)?;
        self.entries.push(entry);
        self.count(&matched.deduction.presentments[matched.at], |filed| &mut filed.returned_minor, false)?;
        self.tally.returned += 1;
        if refunded {
            // The shop owed it to the payer anyway, who has it now.
            note_return(&mut matched, self.tx.now, reason);
            return self.tx.put_deduction(&self.desk.by, &matched.deduction);
        }
        self.end(&mut matched, reason, true)
    }

    /// RETURNED, and what follows from it.
    fn end(&mut self, matched: &mut Matched, reason: &str, paid: bool) -> Result<()> {
        note_return(matched, self.tx.now, reason);
        self.mark_mandate(&matched.deduction, reason, paid)?;
        let presented = matched.deduction.presentments.len();
        let id = matched.deduction.presentments[matched.at].id;
        let deduction = &mut matched.deduction;
        deduction.advance(State::Returned(After::Person))?;
        pay_back_upheld(self.tx, deduction)?;
        if deduction.state == State::Returned(After::Person) {
            dispute::hold_while_open(self.tx, deduction)?;
            match course(reason, paid, presented) {
                Course::Again => deduction.state = State::Returned(After::Announce),
                Course::Notice => deduction.advance(State::BadPending(Notice::default()))?,
                Course::Dispute => self.dispute(deduction, id)?,
                Course::Person => self.ask_person(deduction.sale, reason)?,
            }
        }
        self.tx.put_deduction(&self.desk.by, &matched.deduction)
    }

    fn dispute(&mut self, deduction: &mut Deduction, presentment: TransferId) -> Result<()> {
        let id = DisputeId(transfer_id(TransferId(self.posting.0), presentment, "dispute").0);
        match dispute::open(self.tx, deduction, id, Cause::RefundedAtBank, &self.desk.by) {
            Ok(_) => Ok(()),
            // One is open already and is heard first.
            Err(refusal) if refusal.kind == RefusalKind::WrongState => {
                deduction.held = true;
                Ok(())
            }
            Err(refusal) => Err(refusal),
        }
    }

    fn ask_person(&mut self, sale: SaleId, reason: &str) -> Result<()> {
        let found = Found::new(ExceptionKind::ReturnedForPerson);
        self.raise(Found { sale: Some(sale), reason: reason.to_owned(), ..found })
    }

    fn mark_mandate(&mut self, deduction: &Deduction, reason: &str, paid: bool) -> Result<()> {
        let id = self.tx.payer(deduction.payer)?.mandate;
        let Some(mut mandate) = self.tx.find_mandate(id)? else { return Ok(()) };
        if !paid {
            mandate.forget_first(deduction.sale);
        }
        if ends_mandate(reason) {
            mandate.blocked = Some(reason.to_owned());
        }
        self.tx.put_mandate(&mandate)
    }

    /// Adds a presentment to a sum of its file; `ended`: the bank has said the last word on it for the first time.
    pub(super) fn count(
        &mut self,
        presentment: &Presentment,
        sum: impl Fn(&mut crate::collection::filed::Filed) -> &mut i64,
        ended: bool,
    ) -> Result<()> {
        let mut filed = self.tx.filed(presentment.batch)?;
        let total = sum(&mut filed);
        *total = total.saturating_add(presentment.amount_minor);
        self.file_accepted(&mut filed)?;
        if ended {
            filed.open = filed.open.saturating_sub(1);
        }
        self.tx.put_filed(&filed);
        if ended && filed.open == 0 {
            let batch = self.tx.batch(presentment.batch)?;
            self.tx.put_batch(
                &self.desk.by,
                &crate::collection::Batch { state: BatchState::Settled, ..batch },
            )?;
        }
        Ok(())
    }
}

fn note_return(matched: &mut Matched, at: jiff::Timestamp, reason: &str) {
    let reason = reason.to_owned();
    matched.deduction.presentments[matched.at].returned = Some(Returned { at, reason });
}

pub(super) fn entry(booked: Booked, matched: &Matched, pending: Option<TransferId>) -> Entry {
    let deduction = &matched.deduction;
    let presentment = &deduction.presentments[matched.at];
    Entry {
        booked,
        sale: deduction.sale,
        presentment: presentment.id,
        batch: presentment.batch,
        amount_minor: presentment.amount_minor,
        account: deduction.account,
        pending,
        whole: presentment.amount_minor == deduction.amount_minor,
    }
}
