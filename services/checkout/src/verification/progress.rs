//! What became of the messages we sent: to the deductions they are about, to the challenge, to the payer they warn.

use super::challenge::{ChallengeState, VALID_MS};
use super::report::Report;
use super::{rounds, warning};
use crate::collection::{SmsTrace, State, Subject, TraceId};
use crate::custody;
use crate::outbox::message::{Message, Progress, Purpose};
use crate::recovery::{self, Outcome};
use crate::store::Tx;
use crate::values::refusal::Result;
use crate::values::time::{self, HOUR_MS};

/// A message the network refuses for ever is not tried again on the same day.
const AFTER_FAILURE_MS: i64 = 12 * HOUR_MS;

pub fn note(tx: &mut Tx, message: &Message, report: &Report) -> Result<()> {
    let submitted_heard_ms = {
        let submitted = report.submitted_at.unwrap_or(tx.now).min(tx.now);
        tx.heard_ms(tx.now)? - time::ms_between(submitted, tx.now)
    };
    for before in tx.deductions(&message.sales)? {
        let mut deduction = before.clone();
        deduction.trace(SmsTrace {
            id: TraceId::Ours(message.id),
            subject: Subject::Sent(message.purpose),
            progress: report.progress,
            text_chars: report.text_chars,
            alphabet: report.alphabet,
            revision: report.revision,
        });
        match message.purpose {
            Purpose::Notice => {
                let outcome = Outcome::from(report.progress);
                recovery::noticed(&mut deduction, message.id, &outcome, submitted_heard_ms);
            }
            Purpose::Challenge if report.progress.is_out() && deduction.state == State::Queued => {
                let Some(id) = message.challenge else { continue };
                let running = tx.challenge(id)?.state.is_running();
                if running && deduction.is_asked_by(id) && !deduction.held {
                    deduction.advance(State::Challenged)?;
                }
            }
            _ => {}
        }
        if deduction != before {
            tx.put_deduction("system", &deduction)?;
        }
    }
    if message.purpose == Purpose::Answer && report.progress == Progress::Delivered {
        for sale in &message.sales {
            custody::delivered(tx, *sale, message.id)?;
        }
    }
    match message.purpose {
        Purpose::Challenge => note_challenge(tx, message, report, submitted_heard_ms),
        Purpose::Warning => warning::note(tx, message, report),
        _ => Ok(()),
    }
}

fn note_challenge(tx: &mut Tx, message: &Message, report: &Report, submitted_heard_ms: i64) -> Result<()> {
    let Some(id) = message.challenge else { return Ok(()) };
    let mut challenge = tx.challenge(id)?;
    if report.progress == Progress::Delivered && !challenge.delivered {
        challenge.delivered = true;
        tx.put_challenge("system", &challenge)?;
    }
    if !challenge.state.is_running() {
        return Ok(());
    }
    match report.progress {
        // The network does not know this number, or refuses it: a round without a reply.
        Progress::Failed => {
            let not_before = time::plus_ms(tx.now, AFTER_FAILURE_MS);
            rounds::end(tx, &mut challenge, ChallengeState::Expired, Some(not_before))
        }
        // It never left this house: the payer was not asked.
        Progress::Expired | Progress::Cancelled => rounds::call_off(tx, &mut challenge, "system", None),
        progress if progress.is_out() && challenge.state == ChallengeState::Sending => {
            let submitted = report.submitted_at.unwrap_or(tx.now);
            challenge.state = ChallengeState::Open;
            challenge.submitted_at = Some(submitted.clamp(challenge.created_at.min(tx.now), tx.now));
            challenge.ends_heard_ms = Some(submitted_heard_ms + VALID_MS);
            tx.put_challenge("system", &challenge)
        }
        _ => Ok(()),
    }
}
