//! Direct debits by a file for the bank. Nothing is settled before the bank says so.

use std::collections::BTreeMap;

use chit_iso20022::pain008::Sequence;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::{Admission, Rail};
use crate::collection::batch::Batch;
use crate::collection::deduction::{Deduction, State};
use crate::collection::exceptions::ExceptionKind;
use crate::collection::filed::{Debit, FileState, Filed, GROUPS_MAX, Group, HandOver};
use crate::collection::mandate::Mandate;
use crate::collection::presentment::{After, Presentment};
use crate::outbox::Effect;
use crate::store::due::{Due, DueKind};
use crate::store::{Tx, View};
use crate::values::ids::{BatchId, TransferId};
use crate::values::refusal::{Refusal, Result};
use crate::values::target;

/// When a bank takes files and when it collects.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub zone: TimeZone,
    /// Files of a day have to be there before.
    pub cut_off: Time,
    /// Between the file and the debit, in TARGET days.
    pub lead_days: u8,
}

impl Calendar {
    /// The first day on which a file that is made now can be collected.
    pub fn earliest(&self, now: Timestamp) -> Date {
        let local = self.zone.to_datetime(now);
        let today = local.date();
        let taken_on = if target::is_target_day(today) && local.time() < self.cut_off {
            today
        } else {
            target::on_or_after(target::plus_days(today, 1))
        };
        target::plus_target_days(taken_on, self.lead_days)
    }

    /// When a file that is made now should have been answered, if the bank takes so many TARGET days.
    fn answer_by(&self, now: Timestamp, days: u8) -> Timestamp {
        let day = target::plus_target_days(self.earliest(now), days);
        let local = self.zone.to_ambiguous_timestamp(day.to_datetime(self.cut_off));
        local.compatible().expect("business dates lie far inside the years 1 to 9999")
    }

    fn day_of(&self, at: Timestamp) -> Date {
        self.zone.to_datetime(at).date()
    }
}

#[derive(Clone, Debug)]
pub struct BankFile {
    pub calendar: Calendar,
    /// Of a mandate that agrees on nothing shorter.
    pub notice_days: u8,
    /// A debit that was not paid is presented again so many days later.
    pub again_days: u8,
    /// The bank should have said something of a file so many TARGET days after the first day on which it could collect.
    pub answer_days: u8,
    /// "xml" or "csv".
    pub extension: &'static str,
}

impl BankFile {
    fn mandate(&self, view: &View, deduction: &Deduction) -> Result<Option<Mandate>> {
        view.find_mandate(view.payer(deduction.payer)?.mandate)
    }

    /// Told or not, no debit before the agreed days have passed since somebody could tell.
    fn announced_on(&self, deduction: &Deduction, since: Timestamp, mandate: Option<&Mandate>) -> Date {
        let days = mandate.map_or(self.notice_days, |mandate| mandate.notice_days);
        deduction.debit_on.unwrap_or_else(|| {
            target::on_or_after(target::plus_days(self.calendar.day_of(since), days.into()))
        })
    }
}

impl Rail for BankFile {
    fn name(&self) -> &'static str {
        "bank_file"
    }

    fn has_bank(&self) -> bool {
        true
    }

    fn announce(&self, view: &View, deduction: &Deduction, now: Timestamp) -> Result<Option<Date>> {
        let mandate = self.mandate(view, deduction)?;
        let fresh = Deduction { debit_on: None, ..deduction.clone() };
        Ok(Some(self.announced_on(&fresh, now, mandate.as_ref()).max(self.calendar.earliest(now))))
    }

    fn again_on(&self, now: Timestamp) -> Option<Date> {
        let day = target::plus_days(self.calendar.day_of(now), self.again_days.into());
        Some(target::on_or_after(day).max(self.calendar.earliest(now)))
    }

    fn admit(&self, view: &View, deduction: &Deduction, now: Timestamp) -> Result<Admission> {
        let mandate = self.mandate(view, deduction)?;
        let wanted = match &deduction.state {
            State::Verified => self.announced_on(deduction, deduction.sold_at, mandate.as_ref()),
            State::Returned(After::Again { on, .. }) => *on,
            _ => return Ok(Admission::No),
        };
        // A file a day: what could not be in time tomorrow goes now.
        let tomorrow = now + jiff::SignedDuration::from_hours(24);
        if wanted > self.calendar.earliest(tomorrow) {
            return Ok(Admission::Later(wanted));
        }
        let collect_on = wanted.max(self.calendar.earliest(now));
        let hindrance = match &mandate {
            Some(mandate) => mandate.hindrance(collect_on),
            None => Some(ExceptionKind::NoMandate),
        };
        Ok(hindrance.map_or(Admission::Now(Some(collect_on)), Admission::Hindered))
    }

    fn presentment(&self, batch: BatchId, deduction: &Deduction) -> TransferId {
        Presentment::id_in(batch, deduction.sale)
    }

    fn hand_over(&self, tx: &mut Tx, batch: &Batch, taken: &[(Deduction, Option<Date>)]) -> Result<()> {
        if tx.has_open_exception(ExceptionKind::FileRefused)? {
            let message =
                "the bank refused a file; mend what it names and close the exception, then settle again";
            return Err(Refusal::wrong_state(message));
        }
        let mut groups: BTreeMap<(Date, Sequence), Vec<Debit>> = BTreeMap::new();
        for (deduction, collect_on) in taken {
            let missing = || Refusal::internal("a debit without mandate or day was admitted");
            let mut mandate = self.mandate(tx, deduction)?.ok_or_else(missing)?;
            let collect_on = collect_on.ok_or_else(missing)?;
            let sequence = mandate.use_for(deduction.sale, collect_on);
            tx.put_mandate(&mandate)?;
            groups.entry((collect_on, sequence)).or_default().push(debit(batch.id, deduction, mandate));
        }
        if groups.len() > GROUPS_MAX {
            return Err(Refusal::internal("a file has more days than a file may have"));
        }
        let mut filed = Filed {
            batch: batch.id,
            state: FileState::Made,
            salt: TransferId(batch.id.0),
            groups: Vec::new(),
            created_at: tx.now,
            open: u32::try_from(taken.len()).unwrap_or(u32::MAX),
            received_minor: 0,
            refused_minor: 0,
            returned_minor: 0,
            file_name: format!("chit-{}.{}", batch.id, self.extension),
            sha256: None,
            written_at: None,
            answered_at: None,
            duplicate: false,
            answer_by: Some(self.calendar.answer_by(tx.now, self.answer_days)),
            hand_over: HandOver::NotOurs,
            hand_over_tries: 0,
        };
        for (at, ((collect_on, sequence), debits)) in groups.into_iter().enumerate() {
            let place = u8::try_from(at).map_err(|_| Refusal::internal("a file has too many groups"))?;
            let minor = debits.iter().try_fold(0_i64, |sum, debit| sum.checked_add(debit.amount_minor));
            let minor = minor.ok_or_else(|| Refusal::internal("a file is worth more than can be counted"))?;
            let count = u32::try_from(debits.len()).unwrap_or(u32::MAX);
            filed.groups.push(Group { sequence, collect_on, debits: count, minor });
            tx.count_expected(collect_on, minor)?;
            for debit in &debits {
                tx.put_debit(batch.id, place, debit)?;
            }
        }
        tx.put_filed(&filed);
        if let Some(at) = filed.answer_by {
            tx.schedule(&Due::new(at, DueKind::MissAnswer, &batch.id.to_bytes()));
        }
        tx.push(&Effect::HoldFlight { batch: batch.id })?;
        tx.push(&Effect::WriteFile { batch: batch.id })
    }
}

fn debit(batch: BatchId, deduction: &Deduction, mandate: Mandate) -> Debit {
    Debit {
        sale: deduction.sale,
        presentment: Presentment::id_in(batch, deduction.sale),
        amount_minor: deduction.owed_minor(),
        mandate: mandate.id,
        signed_on: mandate.signed_on,
        account: mandate.account,
        number: deduction.number,
        payer_account: deduction.account,
        again: deduction.is_posted(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};

    #[test]
    fn what_comes_after_the_cut_off_or_on_a_holiday_counts_for_the_next_target_day() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let calendar = Calendar { zone, cut_off: time(14, 0, 0, 0), lead_days: 1 };
        let earliest = |at: &str| calendar.earliest(at.parse().unwrap());
        assert_eq!(earliest("2026-11-24T13:59:00+01:00"), date(2026, 11, 25));
        assert_eq!(earliest("2026-11-24T14:00:00+01:00"), date(2026, 11, 26));
        assert_eq!(earliest("2026-11-28T09:00:00+01:00"), date(2026, 12, 1));
        assert_eq!(earliest("2026-12-24T15:00:00+01:00"), date(2026, 12, 29));
    }

    #[test]
    fn a_bank_has_its_own_days_for_an_answer() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let calendar = Calendar { zone, cut_off: time(14, 0, 0, 0), lead_days: 1 };
        let answer_by = |at: &str| calendar.answer_by(at.parse().unwrap(), 2).to_string();
        assert_eq!(answer_by("2026-11-24T13:59:00+01:00"), "2026-11-27T13:00:00Z");
        assert_eq!(answer_by("2026-12-23T15:00:00+01:00"), "2026-12-30T13:00:00Z", "over Christmas");
    }
}
