//! Replies that an issuer judges are forwarded with what was asked. While one waits, the payer's clocks stand still, because it
//! may be the right one.

use chit_verdict::{CLAIMS_MAX, Claim, SaleClaim};

use super::challenge::Challenge;
use super::decide::WRONG_TRIES_MAX;
use super::dossier::Dossier;
use super::forward::{Forward, Sealed};
use super::outcome::PAYER;
use super::verifier::Judge;
use crate::collection::{Deduction, State};
use crate::outbox::Effect;
use crate::payer::PayerState;
use crate::payer::code_card::CodeHash;
use crate::store::{Tx, View};
use crate::values::refusal::{Refusal, Result};

/// Replies of a payer that may wait for the issuer: the tries of one round.
const WAITING_MAX: usize = WRONG_TRIES_MAX as usize;
/// What is claimed where nothing is to be paid (ISO 4217).
const NO_CURRENCY: [u8; 3] = *b"XXX";

/// A code that came by SMS, with the challenges that it may answer.
pub(super) fn by_sms(
    tx: &mut Tx,
    dossier: &Dossier,
    on: &[usize],
    hash: CodeHash,
    sealed: Sealed,
    heard_ms: i64,
) -> Result<()> {
    let waiting = tx.forwards_of(dossier.payer.id)?;
    // Said twice, or more than a round of tries: who guesses while the issuer is away wins nothing by it.
    if waiting.len() >= WAITING_MAX || waiting.iter().any(|earlier| earlier.hash == hash) {
        return Ok(());
    }
    for at in on {
        let mut challenge = dossier.challenges[*at].clone();
        challenge.arrived(heard_ms);
        tx.put_challenge(PAYER, &challenge)?;
    }
    let claims = claims(tx, dossier, newest(on), false)?;
    push(tx, dossier, Reply { claims, hash, sealed, heard_ms, at_counter: false })
}

/// A code that the payer typed at the counter.
pub(super) fn from_counter(
    tx: &mut Tx,
    dossier: &Dossier,
    on: &[usize],
    hash: CodeHash,
    sealed: Sealed,
) -> Result<()> {
    if tx.forwards_of(dossier.payer.id)?.len() >= WAITING_MAX {
        return Err(Refusal::wrong_state("the issuer has not answered yet; wait for its verdict"));
    }
    let (claims, heard_ms) = (claims(tx, dossier, newest(on), true)?, tx.heard_ms(tx.now)?);
    push(tx, dossier, Reply { claims, hash, sealed, heard_ms, at_counter: true })
}

fn newest(on: &[usize]) -> &[usize] {
    &on[on.len().saturating_sub(CLAIMS_MAX)..]
}

fn claims(view: &View, dossier: &Dossier, on: &[usize], at_counter: bool) -> Result<Vec<Claim>> {
    on.iter().map(|at| claim(view, dossier, &dossier.challenges[*at], at_counter)).collect()
}

fn claim(view: &View, dossier: &Dossier, challenge: &Challenge, at_counter: bool) -> Result<Claim> {
    let (Judge::Issuer { shop }, Some(issued)) = (&dossier.judge, &dossier.payer.card.issued) else {
        return Err(Refusal::internal("a reply was to be forwarded for a card that no issuer made"));
    };
    let mut deductions = view.deductions(challenge.asks.sales())?;
    // Of a locked card a row at the counter proves the payer, and pays nothing.
    let locked = dossier.payer.state == PayerState::Locked;
    deductions.retain(|deduction| !locked && is_claimed(deduction, at_counter));
    let currency = deductions.first().map(|deduction| deduction.currency.code().as_bytes());
    Ok(Claim {
        shop: shop.clone(),
        challenge_id: challenge.id.to_bytes(),
        card_id: issued.id,
        row: challenge.row.get(),
        at_counter,
        currency: currency.and_then(|code| code.try_into().ok()).unwrap_or(NO_CURRENCY),
        sales: deductions.iter().map(sale_claim).collect(),
    })
}

/// What a right code would let be deducted.
fn is_claimed(deduction: &Deduction, at_counter: bool) -> bool {
    let waits = deduction.step().awaits_answer() && !deduction.held;
    waits || (at_counter && deduction.state == State::Rejected)
}

fn sale_claim(deduction: &Deduction) -> SaleClaim {
    SaleClaim {
        sale_id: deduction.sale.to_bytes(),
        amount_minor: deduction.owed_minor(),
        manifest_sha256: deduction.evidence.map(|sealed| sealed.manifest_sha256).unwrap_or_default(),
    }
}

struct Reply {
    claims: Vec<Claim>,
    hash: CodeHash,
    sealed: Sealed,
    heard_ms: i64,
    at_counter: bool,
}

fn push(tx: &mut Tx, dossier: &Dossier, reply: Reply) -> Result<()> {
    let mut payer = dossier.payer.clone();
    let forward = Forward {
        id: reply.sealed.id,
        payer: payer.id,
        claims: reply.claims,
        sealed_code: reply.sealed.code,
        hash: reply.hash,
        card: tx.card_ref(payer.card.serial),
        heard_ms: reply.heard_ms,
        at_counter: reply.at_counter,
    };
    tx.put_forward(&forward);
    tx.push(&Effect::ForwardReply { payer: payer.id, request: forward.id, about: forward.sales() })?;
    let heard = tx.heard_ms(tx.now)?;
    payer.forwarded_heard_ms.get_or_insert(reply.heard_ms.min(heard));
    tx.put_payer(PAYER, &payer)
}
