//! The end of a round without a right reply: another one, or the payer is given up.

use jiff::Timestamp;

use super::challenge::{Asks, Challenge, ChallengeState};
use super::decide::ROUNDS_MAX;
use crate::collection::{Deduction, Notice, State};
use crate::outbox::Effect;
use crate::payer::PayerState;
use crate::store::Tx;
use crate::values::ids::ChallengeId;
use crate::values::refusal::Result;
use crate::values::time::HOUR_MS;

/// Its hours are over. Returns when they will be, on the heard clock, if they are not: that clock was set back since
/// somebody looked.
pub fn expire(tx: &mut Tx, id: ChallengeId) -> Result<Option<i64>> {
    let mut challenge = tx.challenge(id)?;
    let (ChallengeState::Open, Some(ends)) = (challenge.state, challenge.ends_heard_ms) else {
        return Ok(None);
    };
    let heard = tx.heard_ms(tx.now)?;
    if heard < ends {
        return Ok(Some(ends));
    }
    // A reply waits for its verdict: the payer answered in time, and the hours stand still.
    if tx.payer(challenge.payer)?.forwarded_heard_ms.is_some() {
        return Ok(Some(heard + HOUR_MS));
    }
    end(tx, &mut challenge, ChallengeState::Expired, None)?;
    Ok(None)
}

/// The challenge ends as `state`; its sales wait for a new round, not before `not_before`, or are given up.
pub fn end(
    tx: &mut Tx,
    challenge: &mut Challenge,
    state: ChallengeState,
    not_before: Option<Timestamp>,
) -> Result<()> {
    challenge.state = state;
    tx.put_challenge("system", challenge)?;
    let mut payer = tx.payer(challenge.payer)?;
    if payer.open_challenge == Some(challenge.id) {
        payer.open_challenge = None;
    }
    payer.not_before = payer.not_before.max(not_before);
    tx.put_payer("system", &payer)?;
    for mut deduction in tx.deductions(challenge.asks.sales())? {
        if !deduction.is_asked_by(challenge.id) || deduction.held {
            continue;
        }
        deduction.asking.delivered |= challenge.delivered;
        deduction.asking.not_before = not_before;
        let next = after_round(&deduction, payer.state);
        if deduction.state != next {
            // A sale that was here before, and objected to, gets its notice and its days anew.
            deduction.advance(next)?;
        }
        tx.put_deduction("system", &deduction)?;
    }
    Ok(())
}

/// The challenge is taken back: its text no longer states what is owed (I9), or nobody can have read it. Sales that
/// still wait for it are asked anew, and the round does not count: it was not the payer's fault.
pub fn call_off(
    tx: &mut Tx,
    challenge: &mut Challenge,
    actor: &str,
    not_before: Option<Timestamp>,
) -> Result<()> {
    challenge.state = ChallengeState::Cancelled;
    tx.put_challenge(actor, challenge)?;
    tx.push(&Effect::CancelMessage { message: challenge.message })?;
    for mut deduction in tx.deductions(challenge.asks.sales())? {
        if !deduction.is_asked_by(challenge.id) {
            continue;
        }
        if deduction.state == State::Challenged {
            deduction.advance(State::Queued)?;
        }
        deduction.asking.rounds = deduction.asking.rounds.saturating_sub(1);
        deduction.asking.not_before = not_before;
        tx.put_deduction(actor, &deduction)?;
    }
    let mut payer = tx.payer(challenge.payer)?;
    if payer.open_challenge == Some(challenge.id) {
        payer.open_challenge = None;
        if challenge.asks == Asks::Enrolment {
            payer.enrol_rounds = payer.enrol_rounds.saturating_sub(1);
            payer.not_before = payer.not_before.max(not_before);
        }
        tx.put_payer(actor, &payer)?;
    }
    Ok(())
}

/// DESIGN "3 rounds without a right reply": BAD_PENDING only if a challenge is known to have arrived and the code is
/// neither frozen nor locked; a dismissed rejection has one round, and its code is frozen by that rejection.
fn after_round(deduction: &Deduction, payer: PayerState) -> State {
    if payer == PayerState::Locked {
        // Nothing turns bad meanwhile; after a right row at the counter it is asked anew.
        return State::Queued;
    }
    if deduction.asking.last_round {
        return State::BadPending(Notice::default());
    }
    if deduction.asking.rounds < ROUNDS_MAX {
        return State::Queued;
    }
    match payer {
        PayerState::Frozen => State::Unreachable,
        _ if deduction.asking.delivered => State::BadPending(Notice::default()),
        _ => State::Unreachable,
    }
}
