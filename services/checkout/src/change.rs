//! Another phone or another card. Together they are the payer's proof, so either takes two people, is told to the number
//! he had, stops his sales for a day, and is proven by a first challenge as at his enrolment (DESIGN "Verification").

use std::sync::Arc;

use crate::dialogue::answers::{Voice, send, unwritable};
use crate::dialogue::asking::bitmap_of;
use crate::dialogue::{rounds, warning};
use crate::domain::code_card::{CardSerial, RowBitmap};
use crate::domain::dialogue::{ChallengeState, Purpose};
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::payer::PhoneE164;
use crate::domain::payer_texts;
use crate::domain::people::{EnrolStep, Payer, PayerState};
use crate::domain::refusal::{Refusal, Result};
use crate::domain::sale::SaleState;
use crate::domain::sms_text::SmsText;
use crate::enrol::{self, Issued};
use crate::grant::JointGrant;
use crate::shop::Shop;
use crate::store::{Rows, Tx};

/// What a change makes anew: a payer code, because somebody may have a copy of the old one, and the id of the warning.
pub struct Fresh {
    code: Issued,
    warning_id: String,
}

pub struct NewCard {
    pub random: u64,
    pub job_id: String,
}

pub fn prepare(shop: &Arc<Shop>, payer: &Payer, phone: &PhoneE164) -> Result<Fresh> {
    let serial = u16::try_from(payer.code_serial + 1)
        .map_err(|_used_up| Refusal::wrong_state("all serials of this payer are used; enrol him anew"))?;
    let id = payer.payer_id.parse().map_err(|_| Refusal::internal("a stored payer id is damaged"))?;
    Ok(Fresh { code: enrol::issue(shop, id, phone, serial)?, warning_id: shop.new_ulid()? })
}

/// One phone, one payer.
pub fn must_be_free(rows: &impl Rows, payer: &Payer, phone: &PhoneE164) -> Result<()> {
    match rows.payer_by_phone(phone.reveal())? {
        None => Ok(()),
        Some(known) if known.payer_id == payer.payer_id => Err(Refusal::field(
            "phone",
            "NUMBER_UNCHANGED",
            "the payer has this number already; give the new one",
        )),
        Some(_) => Err(enrol::number_taken()),
    }
}

/// Another phone, the same card: a row of it, sent from the new phone, proves both. Frozen and locked payers stay so:
/// why they are is not known here, and a new card ends it.
pub fn phone(
    tx: &mut Tx,
    voice: &Voice,
    payer_id: &str,
    phone: &PhoneE164,
    grant: JointGrant,
    fresh: Fresh,
) -> Result<Payer> {
    let payer = tx.payer(payer_id)?;
    must_be_free(tx, &payer, phone)?;
    if bitmap_of(&payer)?.remaining() == 0 {
        return Err(Refusal::wrong_state(
            "no row of his card is left to prove the phone with; ResetPayer first",
        ));
    }
    let text = payer_texts::phone_changed(Voice::language(&payer), voice.shop(&payer)).map_err(unwritable)?;
    let (mut payer, actor) = begin(tx, payer, text, grant, fresh)?;
    tx.unindex_phone(&payer.phone)?;
    tx.index_phone(phone.reveal(), payer_id)?;
    payer.phone = phone.reveal().to_owned();
    if !matches!(payer.state(), PayerState::Frozen | PayerState::Locked) {
        payer.state = PayerState::Pending as i32;
    }
    finish(tx, &payer, "phone", &actor)?;
    Ok(payer)
}

/// Another card, the same phone: its papers are printed like those of an enrolment. It ends a freeze and a lock.
pub fn card(
    tx: &mut Tx,
    voice: &Voice,
    payer_id: &str,
    card: NewCard,
    grant: JointGrant,
    fresh: Fresh,
) -> Result<Payer> {
    let payer = tx.payer(payer_id)?;
    let text = payer_texts::card_changed(Voice::language(&payer), voice.shop(&payer)).map_err(unwritable)?;
    let (mut payer, actor) = begin(tx, payer, text, grant, fresh)?;
    payer.state = PayerState::Enrolling as i32;
    payer.card_serial = CardSerial::from_random(card.random).to_string();
    payer.card_job_id = card.job_id;
    payer.enrol_step = EnrolStep::Card as i32;
    payer.rows_burned = RowBitmap::default().to_bytes().to_vec();
    payer.used_code_hashes.clear();
    payer.wrong_since_right = 0;
    payer.not_before_ms = 0;
    finish(tx, &payer, "card", &actor)?;
    tx.push(&Effect::new(EffectKind::Enrol, payer_id))?;
    Ok(payer)
}

/// Puts the two people on the record, warns the number he has now, and calls off what was asked before.
fn begin(
    tx: &mut Tx,
    payer: Payer,
    text: SmsText,
    grant: JointGrant,
    fresh: Fresh,
) -> Result<(Payer, String)> {
    if payer.state() == PayerState::Enrolling {
        return Err(Refusal::wrong_state("the papers of this payer are being printed; wait for them"));
    }
    if u32::from(fresh.code.serial) != payer.code_serial + 1 {
        return Err(Refusal::wrong_state("the payer was changed meanwhile; look him up, then decide"));
    }
    let (by, with) = grant.record(tx, &payer.payer_id)?;
    // Neither the quiet hours nor the two a day hold it: whoever was robbed must not hear of it a day later.
    send(tx, &payer, &fresh.warning_id, text, Purpose::Warning, "", Vec::new(), 0)?;
    call_off_all(tx, &payer.payer_id, &by)?;
    let mut payer = tx.payer(&payer.payer_id)?;
    payer.changed(tx.now_ms, &by, &with);
    warning::begin(&mut payer, &fresh.warning_id, tx.now_ms);
    payer.code_serial = u32::from(fresh.code.serial);
    payer.valid_to = fresh.code.valid_to;
    payer.code_png_path = fresh.code.png_path;
    Ok((payer, by))
}

fn finish(tx: &mut Tx, payer: &Payer, what: &str, actor: &str) -> Result<()> {
    tx.put_payer(actor, payer)?;
    enrol::witness_enrolment(tx, payer, what, actor)?;
    ask_anew(tx, payer, actor)
}

/// A challenge belongs to the phone it was sent to and to the card whose row it names: with another one, no code
/// answers it any more, late or not.
fn call_off_all(tx: &mut Tx, payer_id: &str, actor: &str) -> Result<()> {
    for mut challenge in tx.challenges_of(payer_id)? {
        if challenge.state().is_running() {
            rounds::call_off(tx, &mut challenge, actor, 0)?;
        } else if challenge.state() == ChallengeState::Expired {
            challenge.state = ChallengeState::Cancelled as i32;
            tx.put_challenge(actor, &challenge)?;
        }
    }
    Ok(())
}

/// The payer was found: what waits for him, or was given up, gets three rounds with what he has now.
fn ask_anew(tx: &mut Tx, payer: &Payer, actor: &str) -> Result<()> {
    for mut sale in tx.open_sales()? {
        if sale.payer_id != payer.payer_id
            || !matches!(sale.state(), SaleState::Queued | SaleState::Unreachable)
        {
            continue;
        }
        if sale.state() == SaleState::Unreachable {
            sale.advance(SaleState::Queued)?;
        }
        sale.rounds = 0;
        sale.not_before_ms = 0;
        tx.put_sale(actor, &sale)?;
    }
    Ok(())
}
