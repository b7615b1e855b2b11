//! BAD_PENDING: the notice opens the objection period, which runs from its submission.

use crate::collection::{After, Deduction, OBJECTION_MS, State};
use crate::outbox::message::{Progress, Purpose};
use crate::store::Tx;
use crate::texts::{Voice, payer_texts, sale_line, to, unwritable};
use crate::values::ids::{MessageId, SaleId};
use crate::values::refusal::Result;
use crate::values::time;

/// A notice has to be written.
pub fn is_due(deduction: &Deduction) -> bool {
    !deduction.held
        && deduction.notice().is_some_and(|notice| notice.message.is_none() && !notice.needs_person)
}

pub fn notify(tx: &mut Tx, voice: &Voice, sale: SaleId, id: MessageId) -> Result<()> {
    let mut deduction = tx.deduction(sale)?;
    let mut payer = tx.payer(deduction.payer)?;
    if !is_due(&deduction) || !voice.may_send_unasked(&payer, tx.now) {
        return Ok(());
    }
    let pay_by = voice.quiet.local_day(time::plus_ms(tx.now, OBJECTION_MS));
    let line = sale_line(voice, &deduction);
    let (confirmed, to_bank) = (deduction.was_presented(), voice.rail.has_bank());
    let text = payer_texts::notice(payer.language, voice.shop(&payer), &line, pay_by, confirmed, to_bank)
        .map_err(unwritable)?;
    voice.count_unasked(&mut payer, tx.now);
    if let State::BadPending(notice) = &mut deduction.state {
        notice.message = Some(id);
    }
    let window = voice.window(tx.now, None);
    tx.send(to(&payer, id, text, Purpose::Notice, None, vec![sale], window).as_ref())?;
    tx.put_payer("system", &payer)?;
    tx.put_deduction("system", &deduction)
}

/// What the message says of the sale is still so: nobody paid, objected or decided meanwhile.
pub fn tells(deduction: &Deduction, message: MessageId) -> bool {
    match &deduction.state {
        State::BadPending(notice) => notice.message == Some(message),
        State::Returned(After::Again { message: told, .. }) => *told == message,
        _ => false,
    }
}

pub enum Outcome {
    /// The network took it.
    Out,
    /// Not yet sent, or its outcome is not known: a person must see to it.
    NotKnown,
    /// It will never arrive: a supervisor decides, who may ring the payer.
    Undeliverable,
    /// Taken back unsent: it is written again.
    NotSent,
}

impl From<Progress> for Outcome {
    fn from(progress: Progress) -> Self {
        match progress {
            Progress::Submitted | Progress::Delivered | Progress::ReportTimeout => Self::Out,
            Progress::Failed | Progress::Undelivered => Self::Undeliverable,
            Progress::Expired | Progress::Cancelled => Self::NotSent,
            _ => Self::NotKnown,
        }
    }
}

/// What became of the notice. Without one that is known to be out nobody is listed by itself, and one that did not leave is
/// written again.
pub fn noticed(deduction: &mut Deduction, message: MessageId, outcome: &Outcome, submitted_heard_ms: i64) {
    if !tells(deduction, message) {
        return;
    }
    let notice = match (&mut deduction.state, outcome) {
        (State::BadPending(notice), _) => notice,
        (again, Outcome::NotSent) => return *again = State::Returned(After::Announce),
        (again, Outcome::Undeliverable) => return *again = State::Returned(After::Person),
        _ => return,
    };
    match outcome {
        Outcome::Out if notice.since_heard_ms.is_none() => notice.since_heard_ms = Some(submitted_heard_ms),
        Outcome::Undeliverable => notice.needs_person = true,
        Outcome::NotSent => notice.message = None,
        Outcome::Out | Outcome::NotKnown => {}
    }
}
