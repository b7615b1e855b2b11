//! The payer answers at the counter: the row typed on the customer pad. It also withdraws a rejection, and reopens SMS
//! answering after nine wrong replies.

use super::challenge::{Asks, Challenge, ChallengeState};
use super::decide::{Outcome, WRONG_SINCE_RIGHT_MAX, WRONG_TRIES_MAX};
use super::dossier::Dossier;
use super::outcome::{self, Fresh, PAYER, reopen, witness_result};
use super::renewal::card_lost;
use super::reply::Reply;
use crate::collection::{Deduction, State, settling};
use crate::dispute::{self, DisputeState};
use crate::payer::code_card::{CodeHash, RowCode};
use crate::payer::{Payer, PayerState};
use crate::store::Tx;
use crate::texts::Voice;
use crate::values::ids::PayerId;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};

/// Wrong tries at the counter, beyond those by SMS, until only a new card helps.
const WRONG_WHILE_LOCKED_MAX: u8 = WRONG_SINCE_RIGHT_MAX + WRONG_TRIES_MAX;

/// Returns the payer and whether the code was right.
pub fn answer(
    tx: &mut Tx,
    voice: &Voice,
    master: &[u8; 32],
    id: PayerId,
    code: RowCode,
    fresh: Fresh,
) -> Result<(Payer, bool)> {
    let dossier = Dossier::read(tx, master, tx.payer(id)?)?;
    if dossier.payer.card.lost {
        return Err(card_lost());
    }
    if dossier.payer.state == PayerState::Locked {
        let right = unlock(tx, dossier, &code)?;
        return Ok((tx.payer(id)?, right));
    }
    if let Some(at) = rejected_with(tx, &dossier, &code)? {
        withdraw_rejection(tx, voice, dossier, at, &code, fresh)?;
        return Ok((tx.payer(id)?, true));
    }
    let heard = tx.heard_ms(tx.now)?;
    let (outcome, hash) = dossier.decide(&Reply::Code(code), heard);
    if outcome == Outcome::NothingOpen {
        if wrong_for_a_rejection(tx, dossier, hash)? {
            return Ok((tx.payer(id)?, false));
        }
        let message = "nothing is asked of this payer now";
        return Err(Refusal::new(RefusalKind::WrongState, Reason::NO_OPEN_CHALLENGE, message));
    }
    if proves_phone(&dossier, &outcome) {
        let message =
            "the first row is answered by SMS from the payer's phone: it proves phone and card together";
        return Err(Refusal::new(RefusalKind::WrongState, Reason::ANSWER_BY_SMS, message));
    }
    let right = matches!(outcome, Outcome::Verified { .. } | Outcome::LateVerified { .. });
    outcome::apply(tx, voice, dossier, &outcome, hash, fresh)?;
    Ok((tx.payer(id)?, right))
}

/// One right row at the counter, that of the newest challenge, reopens SMS answering.
fn unlock(tx: &mut Tx, mut dossier: Dossier, code: &RowCode) -> Result<bool> {
    if dossier.payer.wrong_since_right >= WRONG_WHILE_LOCKED_MAX {
        let message = "too many wrong rows at the counter, too; give the payer a new card (ResetPayer)";
        return Err(Refusal::new(RefusalKind::WrongState, Reason::CARD_LOCKED, message));
    }
    let right = dossier.facts.last().is_some_and(|facts| facts.expected == *code);
    if right {
        let hash = dossier.key.code_hash(code);
        reopen(tx, &mut dossier, hash)?;
    } else {
        dossier.payer.guessed(1);
        tx.put_payer(PAYER, &dossier.payer)?;
    }
    Ok(right)
}

/// A first challenge proves phone and card together (DESIGN "Verification"): at the counter the phone would go unproven.
fn proves_phone(dossier: &Dossier, outcome: &Outcome) -> bool {
    let first = |challenge: &Challenge| challenge.asks == Asks::Enrolment;
    let asked = dossier.challenges.iter().any(|challenge| first(challenge) && challenge.state.is_running());
    let answers_first = match outcome {
        Outcome::Verified { challenge, .. } | Outcome::LateVerified { challenge, .. } => {
            first(&dossier.challenges[*challenge])
        }
        _ => false,
    };
    asked || answers_first
}

/// The challenge with a rejected sale whose code this is; three wrong tries have closed it.
fn rejected_with(tx: &Tx, dossier: &Dossier, code: &RowCode) -> Result<Option<usize>> {
    for at in (0..dossier.challenges.len()).rev() {
        let facts = &dossier.facts[at];
        let right = facts.expected == *code && facts.wrong_tries < WRONG_TRIES_MAX;
        if right && !rejected(tx, &dossier.challenges[at])?.is_empty() {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn rejected(tx: &Tx, challenge: &Challenge) -> Result<Vec<Deduction>> {
    let mut deductions = tx.deductions(challenge.asks.sales())?;
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
    code: &RowCode,
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
    payer.proved(dossier.key.code_hash(code));
    tx.put_payer(PAYER, &payer)?;
    witness_result(tx, &challenge, "verified", fresh.fact)
}

/// Nothing is asked, but a rejection could be withdrawn: then a wrong code is a guess at it and counts as one.
fn wrong_for_a_rejection(tx: &mut Tx, dossier: Dossier, hash: Option<CodeHash>) -> Result<bool> {
    let Some(hash) = hash else { return Ok(false) };
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
