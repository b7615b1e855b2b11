//! Another phone or another card. Together they are the payer's proof, so either takes two people, is told to the number
//! they had, stops their sales for a day, and is proven by a first challenge as at their enrolment (DESIGN
//! "Verification").

use super::{calling_off, warning};
use crate::collection::State;
use crate::outbox::Effect;
use crate::outbox::message::{Purpose, Window};
use crate::payer::code_card::CardSerial;
use crate::payer::enrolment::{number_taken, serial_must_be_free, witness_enrolment};
use crate::payer::record::{Card, Change, IssuedCode};
use crate::payer::{Payer, PayerState};
use crate::staff::JointGrant;
use crate::store::{Tx, View};
use crate::texts::{Voice, payer_texts, to, unwritable};
use crate::values::ids::{JobId, MessageId, PayerId};
use crate::values::phone::PhoneE164;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};
use crate::values::sms_text::SmsText;

/// What a change makes anew: a payer code, because somebody may have a copy of the old one, and the id of the warning.
pub struct Fresh {
    pub code: IssuedCode,
    pub warning: MessageId,
}

pub struct NewCard {
    pub serial: CardSerial,
    pub job: JobId,
}

/// The serial of the payer's next code.
pub fn next_serial(payer: &Payer) -> Result<u16> {
    payer
        .code
        .serial
        .checked_add(1)
        .ok_or_else(|| Refusal::wrong_state("all serials of this payer are used; enrol them anew"))
}

/// One phone, one payer.
pub fn must_be_free(view: &View, payer: &Payer, phone: &PhoneE164) -> Result<()> {
    match view.payers_by_phone(phone)?.as_slice() {
        [] => Ok(()),
        [known] if *known == payer.id => Err(Refusal::field(
            "phone",
            Reason::NUMBER_UNCHANGED,
            "the payer has this number already; give the new one",
        )),
        _ => Err(number_taken()),
    }
}

/// Another phone, the same card: a row of it, sent from the new phone, proves both. Frozen and locked payers stay so:
/// why they are is not known here, and a new card ends it.
pub fn phone(
    tx: &mut Tx,
    voice: &Voice,
    id: PayerId,
    phone: &PhoneE164,
    grant: JointGrant,
    fresh: Fresh,
) -> Result<Payer> {
    let payer = tx.payer(id)?;
    payer.must_be_known()?;
    must_be_free(tx, &payer, phone)?;
    if payer.card.lost {
        return Err(card_lost());
    }
    if payer.card.burned.remaining() == 0 {
        let message = "no row of the payer's card is left to prove the phone with; ResetPayer first";
        return Err(Refusal::wrong_state(message));
    }
    let text = payer_texts::phone_changed(payer.language, voice.shop(&payer)).map_err(unwritable)?;
    let mut payer = begin(tx, payer, text, grant, fresh)?;
    payer.phone = Some(phone.clone());
    if !matches!(payer.state, PayerState::Frozen | PayerState::Locked) {
        payer.state = PayerState::Pending;
    }
    finish(tx, &payer, "phone")?;
    Ok(payer)
}

/// Another card, the same phone: its papers are printed like those of an enrolment. It ends a freeze and a lock.
pub fn card(
    tx: &mut Tx,
    voice: &Voice,
    id: PayerId,
    card: NewCard,
    grant: JointGrant,
    fresh: Fresh,
) -> Result<Payer> {
    let payer = tx.payer(id)?;
    payer.must_be_known()?;
    serial_must_be_free(tx, card.serial)?;
    let text = payer_texts::card_changed(payer.language, voice.shop(&payer)).map_err(unwritable)?;
    let mut payer = begin(tx, payer, text, grant, fresh)?;
    let locked = payer.locked_heard_ms.take();
    payer.replace_card(Card::new(card.serial, card.job));
    finish(tx, &payer, "card")?;
    give_days_back(tx, id, locked)?;
    tx.push(&Effect::PrintEnrolment { payer: id })?;
    Ok(payer)
}

/// Puts the two people on the record, warns the number the payer has now, and calls off what was asked before.
fn begin(tx: &mut Tx, payer: Payer, text: SmsText, grant: JointGrant, fresh: Fresh) -> Result<Payer> {
    if payer.state == PayerState::Enrolling {
        let message = "the papers of this payer are being printed; wait for them";
        return Err(Refusal::wrong_state(message));
    }
    if fresh.code.serial != next_serial(&payer)? {
        let message = "the payer was changed meanwhile; look them up, then decide";
        return Err(Refusal::wrong_state(message));
    }
    let (by, with) = grant.record(tx, payer.id)?;
    // Neither the quiet hours nor the two a day hold it: who was robbed must not hear of it a day later.
    let window = Window::default();
    tx.send(to(&payer, fresh.warning, text, Purpose::Warning, None, Vec::new(), window).as_ref())?;
    calling_off::all_of(tx, payer.id, &by)?;
    let mut payer = tx.payer(payer.id)?;
    let mut change = Change { at: tx.now, by, with, warning: None };
    warning::begin(&mut change, fresh.warning, tx.now);
    payer.change = Some(change);
    payer.enrol_rounds = 0;
    payer.code = fresh.code;
    Ok(payer)
}

fn finish(tx: &mut Tx, payer: &Payer, what: &str) -> Result<()> {
    let actor = payer.change.as_ref().map(|change| change.by.clone()).unwrap_or_default();
    tx.put_payer(&actor, payer)?;
    witness_enrolment(tx, payer, what, &actor)?;
    ask_anew(tx, payer.id, &actor)
}

/// The payer was found: what waits for them, or was given up, gets three rounds with what they have now.
pub(super) fn ask_anew(tx: &mut Tx, payer: PayerId, actor: &str) -> Result<()> {
    for mut deduction in tx.open_deductions_of(payer)? {
        match deduction.state {
            State::Queued => {}
            State::Unreachable => deduction.advance(State::Queued)?,
            _ => continue,
        }
        deduction.asking.rounds = 0;
        deduction.asking.not_before = None;
        tx.put_deduction(actor, &deduction)?;
    }
    Ok(())
}

/// The days before a bad record stood still while SMS answering was closed.
pub(super) fn give_days_back(tx: &mut Tx, payer: PayerId, locked_heard_ms: Option<i64>) -> Result<()> {
    let Some(locked) = locked_heard_ms else { return Ok(()) };
    let heard = tx.heard_ms(tx.now)?;
    for mut deduction in tx.open_deductions_of(payer)? {
        if let State::BadPending(notice) = &mut deduction.state
            && let Some(since) = notice.since_heard_ms
        {
            notice.since_heard_ms = Some(since + (heard - since.max(locked)).max(0));
            tx.put_deduction("payer", &deduction)?;
        }
    }
    Ok(())
}

/// Whoever holds a lost card is not known, so no row of it is compared.
pub(super) fn card_lost() -> Refusal {
    let message = "this card was reported lost; give the payer a new one (ResetPayer)";
    Refusal::new(RefusalKind::WrongState, Reason::CARD_LOST, message)
}
