//! One part of a file, record by record: what each says, and of whom.

use chit_iso20022::{Booking, Level, Message, Money, Record, Returned, Status};
use iso_currency::Currency;
use jiff::civil::Date;

use super::course::is_duplicate;
use super::matching::{Ids, Matched};
use crate::collection::exceptions::{self, ExceptionKind, Found};
use crate::collection::filed::{FileState, Filed, note_answer};
use crate::collection::posting::Entry;
use crate::store::Tx;
use crate::store::records::bank::Tally;
use crate::values::ids::{BatchId, PostingId};
use crate::values::refusal::Result;

/// Who does what the bank's files say.
pub const BANK: &str = "bank";

/// What an import needs to know of the shop.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Who says it: [`BANK`], or who marks a paper by hand.
    pub by: String,
    pub iban: String,
    pub currency: Currency,
    /// The shop's day.
    pub today: Date,
    /// SHA-256 of the file.
    pub file: [u8; 32],
    pub message: Message,
}

pub struct Teller<'a> {
    pub(super) tx: &'a mut Tx,
    pub(super) desk: &'a Desk,
    pub(super) posting: PostingId,
    pub(super) entries: Vec<Entry>,
    pub(super) tally: Tally,
}

impl<'a> Teller<'a> {
    pub fn new(tx: &'a mut Tx, desk: &'a Desk, posting: PostingId, tally: Tally) -> Self {
        Self { tx, desk, posting, entries: Vec::new(), tally }
    }

    /// Hands over what the ledger has to book.
    pub fn finish(self) -> Result<Tally> {
        self.tx.book(self.posting, self.entries)?;
        Ok(self.tally)
    }

    pub fn hear(&mut self, record: &Record) -> Result<()> {
        match record {
            Record::Status(status) => match status.level {
                Level::Debit => self.status(status),
                Level::File | Level::Group => self.status_of_file(status),
            },
            Record::Booking(booking) => self.booking(booking),
            Record::Returned(returned) => self.returned_record(returned),
        }
    }

    fn status(&mut self, status: &Status) -> Result<()> {
        let ids = Ids {
            end_to_end: status.end_to_end_id.as_deref(),
            instruction: status.instruction_id.as_deref(),
            message: Some(status.message_id.as_str()).filter(|id| !id.is_empty()),
            on: None,
        };
        if is_duplicate(&status.reasons) {
            return self.note_duplicate(&status.message_id);
        }
        let Some(matched) = ids.find(self.tx)? else { return self.unknown(&ids) };
        let reason = status.reasons.first().map_or("", String::as_str);
        match status.status.as_deref() {
            // A table is all that such a bank sends; in a status report it is no booking.
            Some("ACSC") if self.desk.message == Message::Csv => {
                self.paid(matched, status.amount, self.desk.today)
            }
            Some("RJCT") => self.refused(matched, reason, status.amount, self.desk.today),
            None if !reason.is_empty() => self.refused(matched, reason, status.amount, self.desk.today),
            Some(status) if status.starts_with("AC") => self.accepted(matched),
            _ => {
                self.tally.repeated += 1;
                Ok(())
            }
        }
    }

    fn status_of_file(&mut self, status: &Status) -> Result<()> {
        let Some(mut filed) = self.filed_named(&status.message_id)? else {
            return self.unknown(&Ids { message: Some(&status.message_id), ..Ids::default() });
        };
        if is_duplicate(&status.reasons) {
            return self.note_duplicate(&status.message_id);
        }
        note_answer(self.tx, &mut filed)?;
        match status.status.as_deref() {
            Some("RJCT") => {
                let group = status.group_id.as_deref().and_then(|id| filed.group_named(id));
                if status.level == Level::Group && group.is_none() {
                    return self.unknown(&Ids { message: status.group_id.as_deref(), ..Ids::default() });
                }
                let reason = status.reasons.first().map_or("", String::as_str);
                return self.file_refused(filed, group, reason);
            }
            Some(word) if word.starts_with("AC") => self.file_accepted(&mut filed)?,
            _ => {}
        }
        self.tx.put_filed(&filed);
        Ok(())
    }

    fn booking(&mut self, booking: &Booking) -> Result<()> {
        if booking.account.as_ref().is_some_and(|account| *account != self.desk.iban) {
            self.tally.others += 1;
            let reference = self.desk.file[..8].iter().map(|byte| format!("{byte:02x}")).collect();
            return self.raise(Found { reference, ..Found::new(ExceptionKind::OtherAccount) });
        }
        let ids = Ids {
            end_to_end: booking.end_to_end_id.as_deref(),
            instruction: booking.instruction_id.as_deref(),
            message: booking.message_id.as_deref(),
            on: booking.booked_on,
        };
        let on = booking.booked_on.unwrap_or(self.desk.today);
        match ids.find(self.tx)? {
            _ if !booking.booked => {}
            Some(matched) if booking.credit && booking.return_reason.is_none() => {
                return self.paid(matched, booking.amount, on);
            }
            Some(matched) if !booking.credit => {
                let reason = booking.return_reason.clone().unwrap_or_default();
                return self.taken_back(matched, &reason, booking.amount, on);
            }
            Some(matched) => return self.contradiction(&matched, ""),
            None if ids.names_a_sale() => return self.unknown(&ids),
            None => {
                if let Some(filed) = self.filed_named(booking.message_id.as_deref().unwrap_or_default())? {
                    let group = booking.group_id.as_deref().and_then(|id| filed.group_named(id));
                    return self.sum_booked(&filed, group, booking, on);
                }
            }
        }
        self.tally.others += 1;
        Ok(())
    }

    fn returned_record(&mut self, returned: &Returned) -> Result<()> {
        let ids = Ids {
            end_to_end: returned.end_to_end_id.as_deref(),
            instruction: returned.instruction_id.as_deref(),
            message: returned.message_id.as_deref(),
            on: returned.settled_on,
        };
        let Some(matched) = ids.find(self.tx)? else { return self.unknown(&ids) };
        let reason = returned.reasons.first().map_or("", String::as_str);
        let on = returned.settled_on.unwrap_or(self.desk.today);
        self.taken_back(matched, reason, Some(returned.amount), on)
    }

    /// One booking for all of a file, or of a group of it: only if the sum is what was still to come.
    fn sum_booked(&mut self, filed: &Filed, group: Option<usize>, booking: &Booking, on: Date) -> Result<()> {
        let waiting = self.waiting_in(filed, group)?;
        let sum = waiting.iter().try_fold(0_i64, |sum, matched| {
            sum.checked_add(matched.deduction.presentments[matched.at].amount_minor)
        });
        if waiting.is_empty() {
            self.tally.repeated += 1;
            return Ok(());
        }
        let wanted = sum.map(|minor| Money { minor, currency: self.desk.currency });
        if !booking.credit || booking.return_reason.is_some() || wanted != booking.amount {
            let found = Found { batch: Some(filed.batch), ..Found::new(ExceptionKind::AmountDiffers) };
            return self.raise(with_money(found, sum, booking.amount));
        }
        for matched in waiting {
            let minor = matched.deduction.presentments[matched.at].amount_minor;
            self.paid(matched, Some(Money { minor, currency: self.desk.currency }), on)?;
        }
        Ok(())
    }

    fn note_duplicate(&mut self, message_id: &str) -> Result<()> {
        match self.filed_named(message_id)? {
            Some(mut filed) => {
                // The bank has it: nothing follows for the money, which the first file's status tells.
                filed.duplicate = true;
                self.file_accepted(&mut filed)?;
                self.tx.put_filed(&filed);
                self.tx.tell_batch(filed.batch)
            }
            None => self.unknown(&Ids { message: Some(message_id), ..Ids::default() }),
        }
    }

    pub(super) fn file_accepted(&mut self, filed: &mut Filed) -> Result<()> {
        note_answer(self.tx, filed)?;
        if matches!(filed.state, FileState::Made | FileState::Written) {
            filed.state = FileState::Accepted;
        }
        Ok(())
    }

    fn filed_named(&self, message_id: &str) -> Result<Option<Filed>> {
        match message_id.parse::<BatchId>() {
            Ok(batch) => self.tx.find_filed(batch),
            Err(_no_id) => Ok(None),
        }
    }

    pub(super) fn unknown(&mut self, ids: &Ids<'_>) -> Result<()> {
        self.raise(Found { reference: ids.reference(), ..Found::new(ExceptionKind::UnknownId) })
    }

    pub(super) fn contradiction(&mut self, matched: &Matched, reason: &str) -> Result<()> {
        let (sale, batch) = (matched.deduction.sale, matched.deduction.presentments[matched.at].batch);
        let reason = reason.to_owned();
        let found = Found::new(ExceptionKind::Contradiction);
        self.raise(Found { sale: Some(sale), batch: Some(batch), reason, ..found })
    }

    pub(super) fn raise(&mut self, found: Found) -> Result<()> {
        if exceptions::raise(self.tx, Found { file: Some(self.desk.file), ..found })? {
            self.tally.exceptions += 1;
        }
        Ok(())
    }

    /// What the bank says is what was asked for; otherwise it is put on the list, and nothing is booked.
    pub(super) fn agrees(&mut self, matched: &Matched, reported: Option<Money>) -> Result<bool> {
        let presentment = &matched.deduction.presentments[matched.at];
        let (minor, batch) = (presentment.amount_minor, presentment.batch);
        if reported == Some(Money { minor, currency: self.desk.currency }) {
            return Ok(true);
        }
        let found = Found::new(ExceptionKind::AmountDiffers);
        let found = Found { sale: Some(matched.deduction.sale), batch: Some(batch), ..found };
        self.raise(with_money(found, Some(minor), reported))?;
        Ok(false)
    }
}

fn with_money(found: Found, expected_minor: Option<i64>, reported: Option<Money>) -> Found {
    let reported_currency = reported.map(|money| money.currency.code().to_owned()).unwrap_or_default();
    Found { expected_minor, reported_minor: reported.map(|money| money.minor), reported_currency, ..found }
}
