//! The payer answers at the counter: the row typed on the customer pad. It also withdraws a rejection, and reopens SMS
//! answering after nine wrong replies.

use super::challenge::{Asks, Challenge, ChallengeState};
use super::decide::{Given, Outcome, WRONG_SINCE_RIGHT_MAX, WRONG_TRIES_MAX, decide_code, is_live};
use super::dossier::Dossier;
use super::forwarding;
use super::outcome::{self, Fresh, PAYER, reopen, witness_result};
use super::renewal::card_lost;
use super::verifier::PayerVerifier;
use crate::collection::{Deduction, State, settling};
use crate::dispute::{self, DisputeState};
use crate::payer::code_card::{CodeHash, RowCode};
use crate::payer::{Payer, PayerState};
use crate::store::{Tx, View};
use crate::texts::Voice;
use crate::values::ids::PayerId;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};

/// Wrong tries at the counter, beyond those by SMS, until only a new card helps.
const WRONG_WHILE_LOCKED_MAX: u8 = WRONG_SINCE_RIGHT_MAX + WRONG_TRIES_MAX;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answered {
    Right,
    Wrong,
    /// To the issuer; the payer is told by SMS what it finds.
    Forwarded,
}

/// Returns the payer and what became of the code.
pub fn answer(
    tx: &mut Tx,
    voice: &Voice,
    verifier: &dyn PayerVerifier,
    id: PayerId,
    code: &RowCode,
    mut fresh: Fresh,
) -> Result<(Payer, Answered)> {
    let payer = tx.payer(id)?;
    payer.must_be_known()?;
    let dossier = Dossier::read(tx, verifier, payer)?;
    if dossier.payer.card.lost {
        return Err(card_lost());
    }
    let given = dossier.given(tx, code);
    let answered = match fresh.sealed.take() {
        Some(sealed) => {
            let on = may_answer(tx, &dossier)?;
            forwarding::from_counter(tx, &dossier, &on, given.hash, sealed)?;
            Answered::Forwarded
        }
        None if decide(tx, voice, dossier, &given, fresh)? => Answered::Right,
        None => Answered::Wrong,
    };
    Ok((tx.payer(id)?, answered))
}

/// Whether the code was right.
pub(super) fn decide(
    tx: &mut Tx,
    voice: &Voice,
    dossier: Dossier,
    given: &Given,
    fresh: Fresh,
) -> Result<bool> {
    if dossier.payer.state == PayerState::Locked {
        return unlock(tx, dossier, given);
    }
    if let Some(at) = rejected_with(tx, &dossier, given)? {
        withdraw_rejection(tx, voice, dossier, at, given.hash, fresh)?;
        return Ok(true);
    }
    let heard = tx.heard_ms(tx.now)?;
    let outcome = decide_code(&dossier.facts, &dossier.card, given, heard);
    if outcome == Outcome::NothingOpen {
        return if wrong_for_a_rejection(tx, dossier, given.hash)? {
            Ok(false)
        } else {
            Err(nothing_asked())
        };
    }
    if proves_phone(&dossier, &outcome) {
        return Err(answer_by_sms());
    }
    let right = matches!(outcome, Outcome::Verified { .. } | Outcome::LateVerified { .. });
    outcome::apply(tx, voice, dossier, &outcome, Some(given.hash), fresh)?;
    Ok(right)
}

/// The challenges that a code at the counter may answer, oldest first: it may also withdraw a rejection, or reopen answering by
/// SMS.
fn may_answer(view: &View, dossier: &Dossier) -> Result<Vec<usize>> {
    if dossier.payer.state == PayerState::Locked {
        if dossier.payer.wrong_since_right >= WRONG_WHILE_LOCKED_MAX {
            return Err(only_a_new_card());
        }
        let newest = dossier.challenges.len().checked_sub(1);
        return newest.map(|newest| vec![newest]).ok_or_else(nothing_asked);
    }
    if asks_for_phone(dossier) {
        return Err(answer_by_sms());
    }
    let mut on = Vec::new();
    for (at, challenge) in dossier.challenges.iter().enumerate() {
        let facts = &dossier.facts[at];
        let rejects = facts.wrong_tries < WRONG_TRIES_MAX && !rejected(view, challenge)?.is_empty();
        if is_live(facts) || rejects {
            on.push(at);
        }
    }
    if on.is_empty() { Err(nothing_asked()) } else { Ok(on) }
}

fn nothing_asked() -> Refusal {
    let message = "nothing is asked of this payer now";
    Refusal::new(RefusalKind::WrongState, Reason::NO_OPEN_CHALLENGE, message)
}

fn answer_by_sms() -> Refusal {
    let message =
        "the first row is answered by SMS from the payer's phone: it proves phone and card together";
    Refusal::new(RefusalKind::WrongState, Reason::ANSWER_BY_SMS, message)
}

fn only_a_new_card() -> Refusal {
    let message = "too many wrong rows at the counter, too; give the payer a new card (ResetPayer)";
    Refusal::new(RefusalKind::WrongState, Reason::CARD_LOCKED, message)
}

/// One right row at the counter, that of the newest challenge, reopens SMS answering.
fn unlock(tx: &mut Tx, mut dossier: Dossier, given: &Given) -> Result<bool> {
    if dossier.payer.wrong_since_right >= WRONG_WHILE_LOCKED_MAX {
        return Err(only_a_new_card());
    }
    let right = dossier.facts.last().is_some_and(|facts| facts.expected.is(given));
    if right {
        reopen(tx, &mut dossier, given.hash)?;
    } else {
        dossier.payer.guessed(1);
        tx.put_payer(PAYER, &dossier.payer)?;
    }
    Ok(right)
}

/// A first challenge proves phone and card together (DESIGN "Verification"): at the counter the phone would go unproven.
fn proves_phone(dossier: &Dossier, outcome: &Outcome) -> bool {
    let first = |challenge: &Challenge| challenge.asks == Asks::Enrolment;
    let answers_first = match outcome {
        Outcome::Verified { challenge, .. } | Outcome::LateVerified { challenge, .. } => {
            first(&dossier.challenges[*challenge])
        }
        _ => false,
    };
    asks_for_phone(dossier) || answers_first
}

fn asks_for_phone(dossier: &Dossier) -> bool {
    let first = |challenge: &Challenge| challenge.asks == Asks::Enrolment && challenge.state.is_running();
    dossier.challenges.iter().any(first)
}

/// The challenge with a rejected sale whose code this is; three wrong tries have closed it.
fn rejected_with(tx: &Tx, dossier: &Dossier, given: &Given) -> Result<Option<usize>> {
    for at in (0..dossier.challenges.len()).rev() {
        let facts = &dossier.facts[at];
        let right = facts.expected.is(given) && facts.wrong_tries < WRONG_TRIES_MAX;
        if right && !rejected(tx, &dossier.challenges[at])?.is_empty() {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn rejected(view: &View, challenge: &Challenge) -> Result<Vec<Deduction>> {
    let mut deductions = view.deductions(challenge.asks.sales())?;
    deductions.retain(|deduction| deduction.state == State::Rejected);
    Ok(deductions)
}

/// A right code given in person withdraws the rejection: the rejected sales of that challenge are VERIFIED. The code
/// stays frozen until the card is reset: who rejected by mistake stands at the counter anyway.
fn withdraw_rejection(
    tx: &mut Tx,
    voice: &Voice,
    dossier: Dossier,
    at: usize,
    code: CodeHash,
    fresh: Fresh,
) -> Result<()> {
    let mut challenge = dossier.challenges[at].clone();
    for deduction in rejected(tx, &challenge)? {
        for id in &deduction.disputes {
            if tx.dispute(*id)?.state == DisputeState::Open {
                dispute::withdraw(tx, *id, PAYER)?;
            }
        }
        let mut deduction = tx.deduction(deduction.sale)?;
        settling::verify(tx, &*voice.rail, &mut deduction, tx.now)?;
        tx.put_deduction(PAYER, &deduction)?;
    }
    // The others that it asks for are answered by the same row: no row answers twice (I4).
    for mut deduction in tx.deductions(challenge.asks.sales())? {
        if challenge.state.is_running() && deduction.is_asked_by(challenge.id) && !deduction.held {
            settling::verify(tx, &*voice.rail, &mut deduction, tx.now)?;
            tx.put_deduction(PAYER, &deduction)?;
        }
    }
    challenge.state = ChallengeState::Answered;
    tx.put_challenge(PAYER, &challenge)?;
    let mut payer = dossier.payer;
    if payer.open_challenge == Some(challenge.id) {
        payer.open_challenge = None;
    }
    payer.proved(code);
    tx.put_payer(PAYER, &payer)?;
    witness_result(tx, &challenge, "verified", fresh.fact)
}

/// Nothing is asked, but a rejection could be withdrawn: then a wrong code is a guess at it and counts as one.
fn wrong_for_a_rejection(tx: &mut Tx, dossier: Dossier, hash: CodeHash) -> Result<bool> {
    let mut guessed = false;
    for mut challenge in dossier.challenges {
        if challenge.wrong_tries >= WRONG_TRIES_MAX || rejected(tx, &challenge)?.is_empty() {
            continue;
        }
        challenge.wrong_tries += 1;
        challenge.wrong_codes.push(hash);
        tx.put_challenge(PAYER, &challenge)?;
        guessed = true;
    }
    if guessed {
        let mut payer = dossier.payer;
        payer.guessed(1);
        if payer.wrong_since_right >= WRONG_SINCE_RIGHT_MAX {
            payer.lock(tx.heard_ms(tx.now)?);
        }
        tx.put_payer(PAYER, &payer)?;
    }
    Ok(guessed)
}
