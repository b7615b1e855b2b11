//! What the schedule does for one payer: warn, ask, give notice; and when to look again.

use jiff::Timestamp;

use super::asking::{self, Fresh};
use super::verifier::PayerVerifier;
use super::warning;
use crate::payer::PayerState;
use crate::recovery::{self, again};
use crate::store::Tx;
use crate::texts::Voice;
use crate::values::ids::{ChallengeId, MessageId, PayerId};
use crate::values::refusal::Result;
use crate::values::time;

/// Ids for what may be due at once.
pub struct Ids {
    pub asking: Fresh,
    pub warning: MessageId,
    pub notice: MessageId,
}

/// What was asked, and when this payer is to be looked at again.
pub struct Attended {
    pub asked: Option<ChallengeId>,
    pub next: Option<Timestamp>,
}

pub fn attend(
    tx: &mut Tx,
    voice: &Voice,
    verifier: &dyn PayerVerifier,
    id: PayerId,
    ids: &Ids,
) -> Result<Attended> {
    warning::again_if_due(tx, id, ids.warning)?;
    let asked = asking::ask(tx, voice, verifier, id, &ids.asking)?;
    let open = tx.open_deductions_of(id)?;
    if let Some(deduction) = open.iter().find(|deduction| recovery::is_due(deduction)) {
        recovery::notify(tx, voice, deduction.sale, ids.notice)?;
    } else if let Some(deduction) = open.iter().find(|deduction| again::is_due(deduction)) {
        again::announce(tx, voice, deduction.sale, ids.notice)?;
    } else {
        recovery::remind(tx, voice, id, ids.notice)?;
    }
    Ok(Attended { asked, next: next_look(tx, voice, id)? })
}

/// What could not be done now is not done by looking again at once.
const LOOK_AGAIN_MS: i64 = 1_000;

/// The earliest time at which something may be done that cannot be done now.
fn next_look(tx: &Tx, voice: &Voice, id: PayerId) -> Result<Option<Timestamp>> {
    let (payer, now) = (tx.payer(id)?, tx.now);
    let mut times: Vec<Timestamp> = warning::next_send(&payer, now).into_iter().collect();
    let unasked = voice.next_unasked(&payer, now);
    if asking::is_askable(&payer) {
        let not_before = payer.not_before.unwrap_or(now);
        let waiting = asking::waiting(tx, &payer)?;
        let first = waiting.iter().map(|deduction| deduction.asking.not_before.unwrap_or(now)).min();
        let first = if payer.state == PayerState::Pending { Some(now) } else { first };
        times.extend(first.map(|first| first.max(not_before).max(unasked)));
    }
    if tx.open_deductions_of(id)?.iter().any(|open| recovery::is_due(open) || again::is_due(open)) {
        times.push(unasked);
    }
    let remind_on = tx.house_account(id)?.remind_on();
    times.extend(remind_on.map(|day| voice.quiet.morning_of(day).max(unasked)));
    let soonest = time::plus_ms(now, LOOK_AGAIN_MS);
    Ok(times.into_iter().min().map(|next| next.max(soonest)))
}
