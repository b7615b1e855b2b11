//! The challenge: a row is assigned and burned, the set of sales is fixed, the text is hashed for the ledger, and only
//! then is it sent (I4, I9).

use chit_proto::ledger::v1::FactKind;
use iso_currency::Currency;
use sha2::{Digest, Sha256};

use super::answers::{Voice, count_unasked, may_send_unasked, send, unwritable};
use super::facts::timestamp;
use super::rounds::is_asked_by;
use crate::domain::challenge_text::{self, Asking, SALES_MAX, SaleLine};
use crate::domain::code_card::{Row, RowBitmap};
use crate::domain::dialogue::{Challenge, ChallengeState, OutFact, Purpose};
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::money::Money;
use crate::domain::people::{Payer, PayerState};
use crate::domain::refusal::{Refusal, Result};
use crate::domain::sale::{Sale, SaleState};
use crate::domain::sms_text::SmsText;
use crate::domain::verification::ROUNDS_MAX;
use crate::store::{Rows, Tx};

/// 24 h from *submitted*.
pub const VALID_MS: i64 = 24 * HOUR_MS;
const HOUR_MS: i64 = 3_600_000;
/// The reminder goes out when this much is left, or in the morning after a quiet night.
pub const REMIND_LEFT_MS: i64 = 12 * HOUR_MS;
/// With less than this left a reminder only annoys.
const REMIND_LEFT_MIN_MS: i64 = HOUR_MS;

/// Ids and randomness for one challenge.
pub struct Fresh {
    pub challenge_id: String,
    pub message_id: String,
    pub random: u64,
    pub salt: [u8; 16],
}

/// Sales of this payer that may be asked for now, oldest first, at most three.
pub fn due_sales(sales: &[Sale], payer: &Payer, operator: bool, now_ms: i64) -> Vec<Sale> {
    // Phone and card are proven together first.
    if payer.state() == PayerState::Pending {
        return Vec::new();
    }
    let frozen = payer.state() == PayerState::Frozen;
    let mut due: Vec<Sale> = sales
        .iter()
        .filter(|sale| {
            sale.payer_id == payer.payer_id
                && sale.state() == SaleState::Queued
                && !sale.held_by_dispute
                && sale.not_before_ms <= now_ms
                && (sale.dispatch_released || !operator)
                // A frozen code is asked for a dismissed rejection only, once more.
                && (!frozen || sale.last_round)
        })
        .cloned()
        .collect();
    due.sort_by(|left, right| left.sale_id.cmp(&right.sale_id));
    due.truncate(SALES_MAX);
    due
}

/// May this payer be asked anything now?
pub fn may_ask(payer: &Payer, voice: &Voice, now_ms: i64) -> Result<bool> {
    let askable = matches!(
        payer.state(),
        PayerState::Pending | PayerState::Active | PayerState::Frozen | PayerState::Denied
    );
    // Whoever does not answer three first challenges has another number, or no interest; the counter may give him another phone
    // or card, which asks anew.
    let given_up = payer.state() == PayerState::Pending && payer.enrol_rounds >= u32::from(ROUNDS_MAX);
    Ok(askable
        && !given_up
        && payer.open_challenge_id.is_empty()
        && bitmap_of(payer)?.remaining() > 0
        && payer.not_before_ms <= now_ms
        && may_send_unasked(payer, voice, now_ms)?)
}

/// Makes the payer's next challenge, if there is anything to ask. The conditions are checked in this transaction.
pub fn ask(
    tx: &mut Tx,
    voice: &Voice,
    payer_id: &str,
    operator: bool,
    fresh: Fresh,
) -> Result<Option<String>> {
    let mut payer = tx.payer(payer_id)?;
    if !may_ask(&payer, voice, tx.now_ms)? {
        return Ok(None);
    }
    let sales = due_sales(&tx.open_sales()?, &payer, operator, tx.now_ms);
    if sales.is_empty() && payer.state() != PayerState::Pending {
        return Ok(None);
    }
    let bitmap = bitmap_of(&payer)?;
    let Some((row, burned)) = bitmap.assign_row(fresh.random) else { return Ok(None) };
    if burned.remaining() == 0 {
        tracing::warn!(payer = payer.payer_id, "the last row is used; print a new card (ResetPayer)");
    }
    payer.rows_burned = burned.to_bytes().to_vec();
    let evidence = evidence_hash(&sales);
    let text = challenge_words(voice, &payer, &sales, row, &evidence, Asking::FirstTime)?;
    let challenge = Challenge {
        challenge_id: fresh.challenge_id,
        payer_id: payer.payer_id.clone(),
        sale_ids: sales.iter().map(|sale| sale.sale_id.clone()).collect(),
        row: u32::from(row.get()),
        round: sales.iter().map(|sale| sale.rounds + 1).max().unwrap_or(payer.enrol_rounds + 1),
        state: ChallengeState::Sending as i32,
        message_id: fresh.message_id.clone(),
        proof: hex::encode(evidence),
        card_serial: payer.card_serial.clone(),
        create_ms: tx.now_ms,
        // Counted anew from the submission; until then it cannot expire.
        expire_ms: tx.now_ms + 10 * VALID_MS,
        text_salt: fresh.salt.to_vec(),
        ..Challenge::default()
    };
    payer.enrol_rounds += u32::from(sales.is_empty());
    witness_text(tx, &challenge, &text)?;
    count_unasked(&mut payer, voice, tx.now_ms)?;
    payer.open_challenge_id.clone_from(&challenge.challenge_id);
    let sale_ids = challenge.sale_ids.clone();
    send(tx, &payer, &fresh.message_id, text, Purpose::Challenge, &challenge.challenge_id, sale_ids, 0)?;
    for mut sale in sales {
        sale.challenge_id.clone_from(&challenge.challenge_id);
        sale.rounds += 1;
        tx.put_sale("system", &sale)?;
    }
    tx.put_challenge("system", &challenge)?;
    tx.put_payer("system", &payer)?;
    Ok(Some(challenge.challenge_id))
}

/// The fact has the message's id, so both share a lane: the ledger knows the text before it leaves.
fn witness_text(tx: &mut Tx, challenge: &Challenge, text: &SmsText) -> Result<()> {
    let sha256 =
        Sha256::new().chain_update(&challenge.text_salt).chain_update(text.as_str()).finalize().to_vec();
    let subject = challenge.sale_ids.first().unwrap_or(&challenge.challenge_id);
    let fact = OutFact {
        fact_id: challenge.message_id.clone(),
        kind: FactKind::ChallengeText as i32,
        subject_id: subject.clone(),
        sha256,
        actor: "system".into(),
    };
    tx.put_fact(&fact)?;
    tx.push(&Effect::new(EffectKind::RecordFact, &fact.fact_id))
}

/// Is it time for the reminder, and may it go out?
pub fn may_remind(challenge: &Challenge, payer: &Payer, voice: &Voice, now_ms: i64) -> Result<bool> {
    let left = challenge.expire_ms + challenge.paused_ms - now_ms;
    Ok(challenge.state() == ChallengeState::Open
        && !challenge.reminded
        && !challenge.sale_ids.is_empty()
        && (REMIND_LEFT_MIN_MS..=REMIND_LEFT_MS).contains(&left)
        && may_send_unasked(payer, voice, now_ms)?)
}

/// The same row and sales once more, when half of the time is over.
pub fn remind(tx: &mut Tx, voice: &Voice, challenge_id: &str, message_id: &str) -> Result<()> {
    let mut challenge = tx.challenge(challenge_id)?;
    let mut payer = tx.payer(&challenge.payer_id)?;
    if !may_remind(&challenge, &payer, voice, tx.now_ms)? {
        return Ok(());
    }
    let until = challenge.expire_ms + challenge.paused_ms;
    let hours_left = u8::try_from((until - tx.now_ms + HOUR_MS / 2) / HOUR_MS).unwrap_or(u8::MAX);
    let sales: Result<Vec<Sale>> = challenge.sale_ids.iter().map(|id| tx.sale(id)).collect();
    let row = Row::new(u8::try_from(challenge.row).unwrap_or_default())
        .map_err(|_damaged| Refusal::internal("a stored row is damaged"))?;
    let sales = sales?;
    challenge.reminded = true;
    if sales.iter().any(|sale| !is_asked_by(sale, &challenge) || sale.held_by_dispute) {
        // The same text would ask for what is settled otherwise, a shorter one would count `0 2` differently.
        return tx.put_challenge("system", &challenge);
    }
    let text =
        challenge_words(voice, &payer, &sales, row, &evidence_hash(&sales), Asking::Reminder { hours_left })?;
    count_unasked(&mut payer, voice, tx.now_ms)?;
    let sale_ids = challenge.sale_ids.clone();
    send(tx, &payer, message_id, text, Purpose::Reminder, challenge_id, sale_ids, until)?;
    tx.put_challenge("system", &challenge)?;
    tx.put_payer("system", &payer)
}

fn challenge_words(
    voice: &Voice,
    payer: &Payer,
    sales: &[Sale],
    row: Row,
    evidence_hash: &[u8; 32],
    asking: Asking,
) -> Result<SmsText> {
    let language = Voice::language(payer);
    let shop = voice.shop(payer);
    if sales.is_empty() {
        return challenge_text::enrolment_challenge(language, shop, row).map_err(unwritable);
    }
    let lines: Result<Vec<SaleLine>> = sales.iter().map(|sale| sale_line(voice, sale)).collect();
    let challenge = challenge_text::Challenge { language, shop, sales: &lines?, row, evidence_hash, asking };
    challenge.text().map_err(unwritable)
}

pub fn sale_line(voice: &Voice, sale: &Sale) -> Result<SaleLine> {
    let damaged = |what: &str| Refusal::internal(format!("a stored sale's {what} is damaged"));
    Ok(SaleLine {
        number: sale.short_no.parse().map_err(|_bad| damaged("number"))?,
        amount: Money::new(
            sale.total_minor,
            Currency::from_code(&sale.currency_code).ok_or_else(|| damaged("currency"))?,
        ),
        at: voice.quiet.zone.to_datetime(timestamp(sale.commit_ms)?),
    })
}

/// Hash over the manifests of the sales in the order of the text.
fn evidence_hash(sales: &[Sale]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for sale in sales {
        hash.update(&sale.evidence.manifest_sha256);
    }
    hash.finalize().into()
}

pub fn bitmap_of(payer: &Payer) -> Result<RowBitmap> {
    let bytes: [u8; 8] = payer
        .rows_burned
        .as_slice()
        .try_into()
        .map_err(|_length| Refusal::internal("a stored row bitmap is damaged"))?;
    RowBitmap::from_bytes(bytes).map_err(|error| Refusal::internal(error.to_string()))
}
