//! The end of a round without a right reply: another one, or the payer is given up.

use super::answers::{Voice, count_unasked, may_send_unasked, send, unwritable};
use super::asking::sale_line;
use super::facts::timestamp;
use crate::domain::dialogue::{Challenge, ChallengeState, Purpose};
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::payer_texts;
use crate::domain::people::PayerState;
use crate::domain::refusal::Result;
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
        if !matches!(sale.state(), SaleState::Queued | SaleState::Challenged) {
            continue;
        }
        sale.challenge_delivered |= challenge.delivered;
        sale.not_before_ms = not_before_ms;
        let next = after_round(&sale, payer.state());
        if sale.state() != next {
            sale.advance(next)?;
        }
        tx.put_sale("system", &sale)?;
    }
    Ok(())
}

/// DESIGN "3 rounds without a right reply": BAD_PENDING only if a challenge is known to have arrived and the code is
/// neither frozen nor locked; a dismissed rejection has one round, and its code is frozen by that rejection.
fn after_round(sale: &Sale, payer: PayerState) -> SaleState {
    if sale.last_round {
        return SaleState::BadPending;
    }
    if sale.rounds < u32::from(ROUNDS_MAX) {
        return SaleState::Queued;
    }
    match payer {
        PayerState::Locked => SaleState::Queued,
        PayerState::Frozen => SaleState::Unreachable,
        _ if sale.challenge_delivered => SaleState::BadPending,
        _ => SaleState::Unreachable,
    }
}

/// BAD_PENDING: the notice opens the objection period.
pub fn notify(tx: &mut Tx, voice: &Voice, sale_id: &str, message_id: &str) -> Result<()> {
    let mut sale = tx.sale(sale_id)?;
    let mut payer = tx.payer(&sale.payer_id)?;
    let due = sale.state() == SaleState::BadPending && sale.notice_message_id.is_empty();
    if !due || !may_send_unasked(&payer, voice, tx.now_ms)? {
        return Ok(());
    }
    let pay_by = voice.quiet.local_day(timestamp(tx.now_ms + OBJECTION_MS)?);
    let line = sale_line(voice, &sale)?;
    let (language, shop) = (Voice::language(&payer), voice.shop(&payer));
    let text = payer_texts::notice(language, shop, &line, pay_by).map_err(unwritable)?;
    count_unasked(&mut payer, voice, tx.now_ms)?;
    sale.notice_ms = tx.now_ms;
    sale.notice_message_id = message_id.to_owned();
    send(tx, &payer, message_id, text, Purpose::Notice, "", vec![sale_id.to_owned()], 0)?;
    tx.put_payer("system", &payer)?;
    tx.put_sale("system", &sale)
}

/// BAD_PENDING → BAD_LISTED after the objection period; partial or overridden evidence waits for a supervisor.
pub fn list(tx: &mut Tx, sale_id: &str, transfer_id: String, by_supervisor: Option<&str>) -> Result<()> {
    let mut sale = tx.sale(sale_id)?;
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
    payer.state = PayerState::Denied as i32;
    tx.put_payer(actor, &payer)?;
    tx.push(&Effect::with_far_id(EffectKind::MoveToBadDebt, sale_id, transfer_id))
}
