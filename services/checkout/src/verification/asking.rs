//! The challenge: a row is assigned and burned, the set of sales is fixed, the text is hashed for the ledger, and only
//! then is it sent (I4, I9).

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::challenge::{Asks, Challenge, ChallengeState};
use super::verifier::PayerVerifier;
use crate::collection::Deduction;
use crate::outbox::Effect;
use crate::outbox::fact::{Fact, FactKind};
use crate::outbox::message::Purpose;
use crate::payer::code_card::Row;
use crate::payer::record::ENROL_ROUNDS_MAX;
use crate::payer::{Payer, PayerState};
use crate::store::{Tx, View};
use crate::texts::challenge_text::{self, Asking, SALES_MAX, SaleLine};
use crate::texts::{Voice, sale_line, to, unwritable};
use crate::values::ids::{ChallengeId, FactId, IssuerRequestId, MessageId, PayerId, SaleId};
use crate::values::refusal::Result;
use crate::values::sms_text::SmsText;
use crate::values::time::{self, HOUR_MS};

/// The reminder goes out when this much is left, or in the morning after a quiet night.
pub const REMIND_LEFT_MS: i64 = 12 * HOUR_MS;
/// With less than this left a reminder only annoys.
const REMIND_LEFT_MIN_MS: i64 = HOUR_MS;

/// So many rows left of those that an issuer assigned: it is asked for the next.
const ROWS_LOW: u8 = 2;

/// Ids and salt for one challenge.
pub struct Fresh {
    pub challenge: ChallengeId,
    pub message: MessageId,
    pub salt: [u8; 16],
}

/// May this payer be asked at all, whatever the hour?
pub fn is_askable(payer: &Payer) -> bool {
    let open = matches!(
        payer.state,
        PayerState::Pending | PayerState::Active | PayerState::Frozen | PayerState::Denied
    );
    // The counter may give them another phone or card, which asks anew.
    let given_up = payer.state == PayerState::Pending && payer.enrol_rounds >= ENROL_ROUNDS_MAX;
    // A reply that waits for its verdict may be the right one.
    let waits = payer.forwarded_heard_ms.is_some();
    open && !given_up && !waits && payer.open_challenge.is_none() && payer.card.has_rows()
}

/// Deductions of this payer that wait to be asked for, now or later, oldest first.
pub fn waiting(view: &View, payer: &Payer) -> Result<Vec<Deduction>> {
    // Phone and card are proven together first.
    if payer.state == PayerState::Pending {
        return Ok(Vec::new());
    }
    let frozen = payer.state == PayerState::Frozen;
    let mut waiting = view.open_deductions_of(payer.id)?;
    waiting.retain(|deduction| {
        deduction.is_askable(Timestamp::MAX)
            // A frozen code is asked for a dismissed rejection only, once more.
            && (!frozen || deduction.asking.last_round)
    });
    Ok(waiting)
}

/// Those that may be asked for now, at most three.
fn due(view: &View, payer: &Payer, now: Timestamp) -> Result<Vec<Deduction>> {
    let mut due = waiting(view, payer)?;
    due.retain(|deduction| deduction.is_askable(now));
    due.truncate(SALES_MAX);
    Ok(due)
}

/// Makes the payer's next challenge, if there is anything to ask now.
pub fn ask(
    tx: &mut Tx,
    voice: &Voice,
    verifier: &dyn PayerVerifier,
    payer: PayerId,
    fresh: &Fresh,
) -> Result<Option<ChallengeId>> {
    let mut payer = tx.payer(payer)?;
    let early = payer.not_before.is_some_and(|from| from > tx.now);
    if !is_askable(&payer) || early || !voice.may_send_unasked(&payer, tx.now) {
        return Ok(None);
    }
    let deductions = due(tx, &payer, tx.now)?;
    let enrolment = payer.state == PayerState::Pending;
    if deductions.is_empty() && !enrolment {
        return Ok(None);
    }
    let order = verifier.row_order(&payer);
    let Some((row, burned)) = payer.card.burned.assign_row(&order) else { return Ok(None) };
    if burned.remaining() == 0 {
        tracing::warn!(payer = %payer.id, "the last row is used; print a new card (ResetPayer)");
    }
    payer.card.burned = burned;
    if payer.card.issued.is_some() && burned.remaining() <= ROWS_LOW {
        tx.push(&Effect::AssignRows { payer: payer.id, request: IssuerRequestId(fresh.challenge.0) })?;
    }
    let sales: Vec<SaleId> = deductions.iter().map(|deduction| deduction.sale).collect();
    let rounds = deductions.iter().map(|deduction| deduction.asking.rounds).max();
    let challenge = Challenge {
        id: fresh.challenge,
        payer: payer.id,
        asks: if enrolment { Asks::Enrolment } else { Asks::Sales(sales) },
        row,
        round: rounds.unwrap_or(payer.enrol_rounds) + 1,
        state: ChallengeState::Sending,
        wrong_tries: 0,
        wrong_codes: Vec::new(),
        message: fresh.message,
        created_at: tx.now,
        submitted_at: None,
        ends_heard_ms: None,
        delivered: false,
        evidence_sha256: evidence_hash(&deductions),
        reminded: false,
        card: tx.card_ref(payer.card.serial),
        text_salt: fresh.salt,
        verdict: Vec::new(),
    };
    payer.enrol_rounds += u8::from(enrolment);
    let text = words(voice, &payer, &deductions, &challenge, Asking::FirstTime)?;
    send(tx, voice, &mut payer, &challenge, text)?;
    for mut deduction in deductions {
        deduction.asking.challenge = Some(challenge.id);
        deduction.asking.rounds += 1;
        tx.put_deduction("system", &deduction)?;
    }
    tx.put_challenge("system", &challenge)?;
    payer.open_challenge = Some(challenge.id);
    tx.put_payer("system", &payer)?;
    Ok(Some(challenge.id))
}

/// The fact has the message's id, so both share a lane: the ledger knows the text before it leaves.
fn send(tx: &mut Tx, voice: &Voice, payer: &mut Payer, challenge: &Challenge, text: SmsText) -> Result<()> {
    let sha256 = Sha256::new().chain_update(challenge.text_salt).chain_update(text.as_str()).finalize();
    let fact = Fact {
        id: FactId(challenge.message.0),
        kind: FactKind::ChallengeText,
        subject: challenge.subject(),
        sha256: sha256.into(),
        actor: "system".into(),
    };
    let sales = challenge.asks.sales().to_vec();
    tx.witness(&fact, sales.clone())?;
    voice.count_unasked(payer, tx.now);
    let window = voice.window(tx.now, None);
    tx.send(
        to(payer, challenge.message, text, Purpose::Challenge, Some(challenge.id), sales, window).as_ref(),
    )
}

/// When the reminder may go out, if it still may at all.
pub enum Reminder {
    Now,
    Later(Timestamp),
    Never,
}

fn reminder(
    view: &View,
    voice: &Voice,
    challenge: &Challenge,
    payer: &Payer,
    now: Timestamp,
) -> Result<Reminder> {
    let (ChallengeState::Open, Some(ends), false) =
        (challenge.state, challenge.ends_heard_ms, challenge.reminded)
    else {
        return Ok(Reminder::Never);
    };
    if payer.forwarded_heard_ms.is_some() {
        return Ok(Reminder::Later(time::plus_ms(now, HOUR_MS)));
    }
    let left = ends - view.heard_ms(now)?;
    if challenge.asks == Asks::Enrolment || left < REMIND_LEFT_MIN_MS {
        return Ok(Reminder::Never);
    }
    if left > REMIND_LEFT_MS {
        return Ok(Reminder::Later(view.when_heard(ends - REMIND_LEFT_MS, now)?));
    }
    if voice.may_send_unasked(payer, now) {
        return Ok(Reminder::Now);
    }
    let next = voice.next_unasked(payer, now);
    let last = view.when_heard(ends - REMIND_LEFT_MIN_MS, now)?;
    Ok(if next <= last { Reminder::Later(next) } else { Reminder::Never })
}

/// The same row and sales once more, when half of the time is over. Returns when to look again.
pub fn remind(tx: &mut Tx, voice: &Voice, id: ChallengeId, message: MessageId) -> Result<Option<Timestamp>> {
    let mut challenge = tx.challenge(id)?;
    let mut payer = tx.payer(challenge.payer)?;
    match reminder(tx, voice, &challenge, &payer, tx.now)? {
        Reminder::Now => {}
        Reminder::Later(at) => return Ok(Some(at)),
        Reminder::Never => return Ok(None),
    }
    let left = challenge.ends_heard_ms.unwrap_or_default() - tx.heard_ms(tx.now)?;
    let until = tx.when_heard(challenge.ends_heard_ms.unwrap_or_default(), tx.now)?;
    let hours_left = u8::try_from((left + HOUR_MS / 2) / HOUR_MS).unwrap_or(u8::MAX);
    let deductions = tx.deductions(challenge.asks.sales())?;
    challenge.reminded = true;
    if deductions.iter().any(|deduction| !deduction.is_asked_by(id) || deduction.held) {
        // The same text would ask for what is settled otherwise, a shorter one would count `0 2` differently.
        tx.put_challenge("system", &challenge)?;
        return Ok(None);
    }
    let text = words(voice, &payer, &deductions, &challenge, Asking::Reminder { hours_left })?;
    voice.count_unasked(&mut payer, tx.now);
    let window = voice.window(tx.now, Some(until));
    let sales = challenge.asks.sales().to_vec();
    tx.send(to(&payer, message, text, Purpose::Reminder, Some(id), sales, window).as_ref())?;
    tx.put_challenge("system", &challenge)?;
    tx.put_payer("system", &payer)?;
    Ok(None)
}

fn words(
    voice: &Voice,
    payer: &Payer,
    deductions: &[Deduction],
    challenge: &Challenge,
    asking: Asking,
) -> Result<SmsText> {
    let (language, shop, row): (_, _, Row) = (payer.language, voice.shop(payer), challenge.row);
    if challenge.asks == Asks::Enrolment {
        return challenge_text::enrolment_challenge(language, shop, row).map_err(unwritable);
    }
    let lines: Vec<SaleLine> = deductions.iter().map(|deduction| sale_line(voice, deduction)).collect();
    let evidence_hash = &challenge.evidence_sha256;
    let text = challenge_text::Challenge { language, shop, sales: &lines, row, evidence_hash, asking };
    text.text().map_err(unwritable)
}

/// Hash over the manifests of the sales in the order of the text.
fn evidence_hash(deductions: &[Deduction]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for sealed in deductions.iter().filter_map(|deduction| deduction.evidence) {
        hash.update(sealed.manifest_sha256);
    }
    hash.finalize().into()
}
