//! Messages to payers, within what a payer has to bear: nothing at night, two unasked a day, six answers a day.

use std::sync::Arc;

use jiff::Timestamp;

use super::challenge_text::SaleLine;
use super::payer_texts::Answer;
use crate::collection::{Deduction, Rail};
use crate::outbox::message::{Message, Purpose, Window};
use crate::payer::Payer;
use crate::store::Tx;
use crate::values::calendar::{ANSWERS_A_DAY_MAX, QuietHours, UNASKED_A_DAY_MAX};
use crate::values::ids::{ChallengeId, MessageId, SaleId};
use crate::values::money::Money;
use crate::values::refusal::{Refusal, Result};
use crate::values::sms_text::SmsText;

/// What a message needs to know of the shop.
#[derive(Clone)]
pub struct Voice {
    pub shop_zh: String,
    pub shop_en: String,
    pub quiet: QuietHours,
    /// How what they confirm is collected.
    pub rail: Arc<dyn Rail>,
}

impl Voice {
    pub fn shop(&self, payer: &Payer) -> &str {
        if payer.is_chinese() { &self.shop_zh } else { &self.shop_en }
    }

    /// May a message that the payer did not ask for go out now?
    pub fn may_send_unasked(&self, payer: &Payer, now: Timestamp) -> bool {
        let today = self.quiet.local_day(now);
        !self.quiet.is_quiet(now) && payer.unasked.admit(today, UNASKED_A_DAY_MAX).is_some()
    }

    /// When the next one may go out: now, in the morning, or tomorrow.
    pub fn next_unasked(&self, payer: &Payer, now: Timestamp) -> Timestamp {
        let today = self.quiet.local_day(now);
        match payer.unasked.admit(today, UNASKED_A_DAY_MAX) {
            Some(_) => self.quiet.next_allowed(now),
            None => self.quiet.next_allowed(self.quiet.day_window(now).1),
        }
    }

    pub fn count_unasked(&self, payer: &mut Payer, now: Timestamp) {
        if let Some(count) = payer.unasked.admit(self.quiet.local_day(now), UNASKED_A_DAY_MAX) {
            payer.unasked = count;
        }
    }

    /// A message that the payer did not ask for leaves before the night or not at all; nor after `until`.
    pub fn window(&self, now: Timestamp, until: Option<Timestamp>) -> Window {
        let night = self.quiet.next_night(now);
        let not_after = match (night, until) {
            (Some(night), Some(until)) => Some(night.min(until)),
            (night, until) => night.or(until),
        };
        Window { not_before: Some(self.quiet.next_allowed(now)), not_after }
    }

    /// One answer a message of theirs, at most six a day; more are swallowed.
    pub fn answer(
        &self,
        tx: &mut Tx,
        payer: &mut Payer,
        id: MessageId,
        answer: &Answer,
        sales: Vec<SaleId>,
    ) -> Result<()> {
        let Some(count) = payer.answers.admit(self.quiet.local_day(tx.now), ANSWERS_A_DAY_MAX) else {
            return Ok(());
        };
        payer.answers = count;
        let text = answer.text(payer.language, self.shop(payer)).map_err(unwritable)?;
        tx.send(to(payer, id, text, Purpose::Answer, None, sales, Window::default()).as_ref())
    }
}

/// A message to the number the payer has now; who was erased has none, and hears no more.
pub fn to(
    payer: &Payer,
    id: MessageId,
    text: SmsText,
    purpose: Purpose,
    challenge: Option<ChallengeId>,
    sales: Vec<SaleId>,
    window: Window,
) -> Option<Message> {
    let to = payer.phone.clone()?;
    Some(Message { id, payer: payer.id, to, text, purpose, challenge, sales, window })
}

/// One sale as the payer will read it.
pub fn sale_line(voice: &Voice, deduction: &Deduction) -> SaleLine {
    SaleLine {
        number: deduction.number,
        amount: Money::new(deduction.owed_minor(), deduction.currency),
        at: voice.quiet.zone.to_datetime(deduction.sold_at),
    }
}

pub fn unwritable(error: impl std::fmt::Display) -> Refusal {
    Refusal::internal(format!("a text for a payer cannot be written: {error}"))
}
