//! The verdict on a forwarded reply is here: what it changes. Nothing is VERIFIED here but by a verdict that the issuer signed
//! (`crate::issuer` checks that before).

use chit_verdict::{Outcome as Finding, Verdict};
use sha2::{Digest, Sha256};
use ulid::Ulid;

use super::calling_off;
use super::decide::{Asked, ChallengedSale, Given, Outcome, SaleStanding, decide_code};
use super::dossier::Dossier;
use super::forward::Forward;
use super::in_person;
use super::outcome::{self, Fresh, PAYER};
use super::renewal::give_days_back;
use super::verifier::PayerVerifier;
use crate::outbox::fact::{Fact, FactKind};
use crate::payer::PayerState;
use crate::store::Tx;
use crate::texts::Voice;
use crate::values::ids::{ChallengeId, FactId, IssuerRequestId, PayerId, SaleId};
use crate::values::refusal::{RefusalKind, Result};

/// `signed` is the verdict as the issuer sent it.
pub fn apply(
    tx: &mut Tx,
    voice: &Voice,
    verifier: &dyn PayerVerifier,
    id: IssuerRequestId,
    verdict: &Verdict,
    signed: &[u8],
    fresh: Fresh,
) -> Result<()> {
    let Some(forward) = tx.find_forward(id)? else { return Ok(()) };
    tx.remove_forward(&forward);
    let_clocks_run(tx, forward.payer)?;
    let right = keep(tx, verdict, signed)?;
    let payer = tx.payer(forward.payer)?;
    // Another card since: the rows of the old one are worth nothing.
    if tx.card_ref(payer.card.serial) != forward.card {
        return Ok(());
    }
    if verdict.outcome == Finding::Lost {
        return lost(tx, payer.id);
    }
    let dossier = Dossier::judged(tx, verifier, payer, right)?;
    if let Some(outcome) = unpaid(&dossier, verdict) {
        return outcome::apply(tx, voice, dossier, &outcome, None, fresh);
    }
    let given = Given { code: None, hash: forward.hash };
    if forward.at_counter {
        return match in_person::decide(tx, voice, dossier, &given, fresh) {
            // What it could have answered was called off meanwhile.
            Err(refusal) if refusal.kind == RefusalKind::WrongState => Ok(()),
            done => done.map(|_right| ()),
        };
    }
    let outcome = by_sms(&dossier, &given, &forward, verdict.outcome);
    outcome::apply(tx, voice, dossier, &outcome, Some(forward.hash), fresh)
}

/// The row was right, and the payer did not agree to what the shop claims when the issuer asked them itself.
fn unpaid(dossier: &Dossier, verdict: &Verdict) -> Option<Outcome> {
    match verdict.outcome {
        Finding::NotAgreed => Some(Outcome::NotAgreed),
        Finding::Refused => {
            let of = ChallengeId::from(verdict.claim.challenge_id);
            let challenge = dossier.challenges.iter().position(|challenge| challenge.id == of)?;
            let Asked::Sales(asked) = &dossier.facts[challenge].asked else { return Some(Outcome::Ignored) };
            let waits = |sale: &&ChallengedSale| sale.standing == SaleStanding::Waiting;
            let which: Vec<SaleId> = asked.iter().filter(waits).map(|sale| sale.id).collect();
            Some(if which.is_empty() { Outcome::Ignored } else { Outcome::Rejected { challenge, which } })
        }
        _ => None,
    }
}

fn by_sms(dossier: &Dossier, given: &Given, forward: &Forward, finding: Finding) -> Outcome {
    match finding {
        Finding::Used => return Outcome::UsedCode,
        Finding::Over => return Outcome::TooLate,
        _ => {}
    }
    let outcome = decide_code(&dossier.facts, &dossier.card, given, forward.heard_ms);
    match (finding, &outcome) {
        // Tries at other shops closed the card.
        (Finding::Locked, Outcome::WrongTry { on, .. } | Outcome::ChallengeOver { on, .. }) => {
            Outcome::CardLocked { on: on.clone(), newly: dossier.payer.state != PayerState::Locked }
        }
        _ => outcome,
    }
}

/// A right one stays with its challenge, and the ledger witnesses it for each sale. Returns that challenge.
fn keep(tx: &mut Tx, verdict: &Verdict, signed: &[u8]) -> Result<Option<ChallengeId>> {
    if !verdict.outcome.collects() {
        return Ok(None);
    }
    let id = ChallengeId::from(verdict.claim.challenge_id);
    let mut challenge = tx.challenge(id)?;
    challenge.verdict = signed.to_vec();
    tx.put_challenge(PAYER, &challenge)?;
    let sha256: [u8; 32] = Sha256::digest(signed).into();
    for sale in verdict.claim.sales.iter().map(|sale| SaleId::from(sale.sale_id)) {
        let once: [u8; 32] =
            Sha256::new().chain_update(sha256).chain_update(sale.to_bytes()).finalize().into();
        let fact = Fact {
            id: FactId(Ulid::from_bytes(std::array::from_fn(|at| once[at]))),
            kind: FactKind::ChallengeVerdict,
            subject: sale.to_string(),
            sha256,
            actor: PAYER.into(),
        };
        tx.witness(&fact, vec![sale])?;
        // A late reply is to an older challenge than the one that asks now.
        let mut deduction = tx.deduction(sale)?;
        if !deduction.is_asked_by(id) {
            deduction.asking.challenge = Some(id);
            tx.put_deduction(PAYER, &deduction)?;
        }
    }
    Ok(Some(id))
}

/// The hours and days that stood still while replies waited are given back when the last of them is judged.
fn let_clocks_run(tx: &mut Tx, id: PayerId) -> Result<()> {
    let mut payer = tx.payer(id)?;
    if !tx.forwards_of(id)?.is_empty() {
        return Ok(());
    }
    let Some(since) = payer.forwarded_heard_ms.take() else { return Ok(()) };
    tx.put_payer(PAYER, &payer)?;
    if let Some(open) = payer.open_challenge {
        let (mut challenge, heard) = (tx.challenge(open)?, tx.heard_ms(tx.now)?);
        if let Some(ends) = challenge.ends_heard_ms {
            challenge.ends_heard_ms = Some(ends + (heard - since).max(0));
            tx.put_challenge(PAYER, &challenge)?;
        }
    }
    give_days_back(tx, id, Some(since))
}

/// Reported to the issuer: as if LOST had come here.
fn lost(tx: &mut Tx, id: PayerId) -> Result<()> {
    calling_off::all_of(tx, id, PAYER)?;
    let mut payer = tx.payer(id)?;
    payer.lose_card();
    tx.put_payer(PAYER, &payer)
}
