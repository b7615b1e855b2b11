//! The end of a round without a right reply: another one, or the payer is given up.

use chit_proto::ledger::v1::FactKind;

use super::answers::{Voice, count_unasked, may_send_unasked, send, unwritable};
use super::asking::sale_line;
use super::facts::timestamp;
use super::witness::witness;
use crate::domain::dialogue::{Challenge, ChallengeState, Purpose};
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::name::Named;
use crate::domain::payer_texts;
use crate::domain::people::PayerState;
use crate::domain::refusal::{Refusal, Result};
use crate::domain::sale::{EvidenceState, Sale, SaleState};
use crate::domain::verification::ROUNDS_MAX;
use crate::store::{Rows, Tx};

/// Days between the notice and the deny list in which the payer may object.
pub const OBJECTION_DAYS: i64 = 7;
pub const OBJECTION_MS: i64 = OBJECTION_DAYS * 24 * 3_600_000;

/// The challenge ends as `state`; its sales wait for a new round, not before `not_before_ms`, or are given up.
pub fn end(tx: &mut Tx, challenge: &mut Challenge, state: ChallengeState, not_before_ms: i64) -> Result<()> {
    challenge.state = state as i32;
    tx.put_challenge("system", challenge)?;
    let mut payer = tx.payer(&challenge.payer_id)?;
    if payer.open_challenge_id == challenge.challenge_id {
        payer.open_challenge_id.clear();
    }
    payer.not_before_ms = payer.not_before_ms.max(not_before_ms);
    tx.put_payer("system", &payer)?;
    for sale_id in &challenge.sale_ids {
        let mut sale = tx.sale(sale_id)?;
        if !is_asked_by(&sale, challenge) || sale.held_by_dispute {
            continue;
        }
        sale.challenge_delivered |= challenge.delivered;
        sale.not_before_ms = not_before_ms;
        let next = after_round(&sale, payer.state());
        if sale.state() != next {
            sale.advance(next)?;
        }
        if next == SaleState::BadPending {
            // A sale that was here before, and objected to, gets its notice and its days anew.
            sale.notice_message_id.clear();
            sale.notice_ms = 0;
        }
        tx.put_sale("system", &sale)?;
    }
    Ok(())
}

/// The sale waits for this challenge's answer, or for its SMS to go out.
pub fn is_asked_by(sale: &Sale, challenge: &Challenge) -> bool {
    matches!(sale.state(), SaleState::Queued | SaleState::Challenged)
        && sale.challenge_id == challenge.challenge_id
}

/// The challenge is taken back: its text no longer states what is owed (I9), or nobody can have read it. Sales that
/// still wait for it are asked anew, and the round does not count: it was not the payer's fault.
pub fn call_off(tx: &mut Tx, challenge: &mut Challenge, actor: &str, not_before_ms: i64) -> Result<()> {
    challenge.state = ChallengeState::Cancelled as i32;
    tx.put_challenge(actor, challenge)?;
    tx.push(&Effect::new(EffectKind::CancelMessage, &challenge.message_id))?;
    for sale_id in &challenge.sale_ids {
        let mut sale = tx.sale(sale_id)?;
        if !is_asked_by(&sale, challenge) {
            continue;
        }
        if sale.state() == SaleState::Challenged {
            sale.advance(SaleState::Queued)?;
        }
        sale.rounds = sale.rounds.saturating_sub(1);
        sale.not_before_ms = not_before_ms;
        tx.put_sale(actor, &sale)?;
    }
    let mut payer = tx.payer(&challenge.payer_id)?;
    if payer.open_challenge_id == challenge.challenge_id {
        payer.open_challenge_id.clear();
        if challenge.sale_ids.is_empty() {
            payer.enrol_rounds = payer.enrol_rounds.saturating_sub(1);
            payer.not_before_ms = payer.not_before_ms.max(not_before_ms);
        }
        tx.put_payer(actor, &payer)?;
    }
    Ok(())
}

/// DESIGN "3 rounds without a right reply": BAD_PENDING only if a challenge is known to have arrived and the code is
/// neither frozen nor locked; a dismissed rejection has one round, and its code is frozen by that rejection.
fn after_round(sale: &Sale, payer: PayerState) -> SaleState {
    if payer == PayerState::Locked {
        // Until the card is reset in person; then it is asked anew.
        return SaleState::Queued;
    }
    if sale.last_round {
        return SaleState::BadPending;
    }
    if sale.rounds < u32::from(ROUNDS_MAX) {
        return SaleState::Queued;
    }
    match payer {
        PayerState::Frozen => SaleState::Unreachable,
        _ if sale.challenge_delivered => SaleState::BadPending,
        _ => SaleState::Unreachable,
    }
}

/// BAD_PENDING: the notice opens the objection period, which runs from its submission (`noticed`).
pub fn notify(tx: &mut Tx, voice: &Voice, sale_id: &str, message_id: &str) -> Result<()> {
    let mut sale = tx.sale(sale_id)?;
    let mut payer = tx.payer(&sale.payer_id)?;
    let due = sale.state() == SaleState::BadPending
        && sale.notice_message_id.is_empty()
        && !sale.held_by_dispute
        && !sale.listing_needs_person;
    if !due || !may_send_unasked(&payer, voice, tx.now_ms)? {
        return Ok(());
    }
    let pay_by = voice.quiet.local_day(timestamp(tx.now_ms + OBJECTION_MS)?);
    let line = sale_line(voice, &sale)?;
    let (language, shop) = (Voice::language(&payer), voice.shop(&payer));
    let text = payer_texts::notice(language, shop, &line, pay_by).map_err(unwritable)?;
    count_unasked(&mut payer, voice, tx.now_ms)?;
    sale.notice_message_id = message_id.to_owned();
    send(tx, &payer, message_id, text, Purpose::Notice, "", vec![sale_id.to_owned()], 0)?;
    tx.put_payer("system", &payer)?;
    tx.put_sale("system", &sale)
}

/// What became of the notice. Without one that is known to be out nobody is listed by himself.
pub fn noticed(sale: &mut Sale, message_id: &str, outcome: Notice, submitted_ms: i64) {
    if sale.state() != SaleState::BadPending || sale.notice_message_id != message_id {
        return;
    }
    match outcome {
        Notice::Out if sale.notice_ms == 0 => sale.notice_ms = submitted_ms,
        Notice::Undeliverable => sale.listing_needs_person = true,
        Notice::NotSent => sale.notice_message_id.clear(),
        Notice::Out | Notice::NotKnown => {}
    }
}

pub enum Notice {
    /// The network took it.
    Out,
    /// Not yet sent, or its outcome is not known: a person must see to it.
    NotKnown,
    /// It will never arrive: a supervisor decides, who may ring the payer.
    Undeliverable,
    /// Taken back unsent: it is written again.
    NotSent,
}

/// May it be listed now, by itself?
pub fn objection_is_over(sale: &Sale, now_ms: i64) -> bool {
    sale.state() == SaleState::BadPending
        && !sale.held_by_dispute
        && sale.notice_ms > 0
        && now_ms - sale.notice_ms >= OBJECTION_MS
}

/// BAD_PENDING → BAD_LISTED after the objection period; partial or overridden evidence waits for a supervisor.
pub fn list(tx: &mut Tx, sale_id: &str, transfer_id: String, by_supervisor: Option<&str>) -> Result<()> {
    let mut sale = tx.sale(sale_id)?;
    if sale.held_by_dispute {
        return Err(Refusal::wrong_state("a dispute about the sale is open; resolve it first"));
    }
    let whole = sale.evidence.state() == EvidenceState::Sealed && sale.evidence.override_by.is_empty();
    if !whole && by_supervisor.is_none() {
        if !sale.listing_needs_person {
            sale.listing_needs_person = true;
            tx.put_sale("system", &sale)?;
        }
        return Ok(());
    }
    let actor = by_supervisor.unwrap_or("system");
    sale.advance(SaleState::BadListed)?;
    sale.listed_ms = tx.now_ms;
    sale.listing_needs_person = false;
    tx.put_sale(actor, &sale)?;
    let mut payer = tx.payer(&sale.payer_id)?;
    payer.list();
    tx.put_payer(actor, &payer)?;
    witness_record(tx, &sale, actor)?;
    tx.push(&Effect::with_far_id(EffectKind::MoveToBadDebt, sale_id, transfer_id))
}

/// The ledger witnesses that a bad record was listed, cleared, expired or written off. Each happens once a sale.
pub fn witness_record(tx: &mut Tx, sale: &Sale, actor: &str) -> Result<()> {
    let text = format!("{}/{}", sale.sale_id, sale.state().name());
    witness(tx, FactKind::BadRecord, &sale.sale_id, &text, actor)
}
