//! The payer answers at the counter: the row typed on the customer pad. It also withdraws a rejection.

use super::answers::Voice;
use super::disputes;
use super::facts::Dossier;
use super::outcome::{self, Fresh, proven, witness_result};
use crate::domain::code_card::{CodeHash, RowCode};
use crate::domain::dialogue::{Challenge, ChallengeState};
use crate::domain::people::{Payer, PayerState};
use crate::domain::refusal::{Refusal, RefusalKind, Result};
use crate::domain::reply::Reply;
use crate::domain::sale::{Sale, SaleState};
use crate::domain::settlement::DisputeState;
use crate::domain::verification::{Outcome, WRONG_SINCE_RIGHT_MAX, WRONG_TRIES_MAX};
use crate::store::{Rows, Tx};
use crate::watch::inbox::outcome_of;

const PAYER: &str = "payer";

/// Returns the payer and whether the code was right.
pub fn answer(
    tx: &mut Tx,
    voice: &Voice,
    master: &[u8; 32],
    payer_id: &str,
    code: RowCode,
    mut fresh: Fresh,
) -> Result<(Payer, bool)> {
    let payer = tx.payer(payer_id)?;
    if payer.state() == PayerState::Locked {
        return Err(Refusal::new(
            RefusalKind::WrongState,
            "CARD_LOCKED",
            "nine wrong replies; reset the card first (ResetPayer)",
        ));
    }
    let dossier = Dossier::read(tx, master, payer)?;
    if let Some(at) = rejected_with(tx, &dossier, &code)? {
        withdraw_rejection(tx, dossier, at, &code, &mut fresh)?;
        return Ok((tx.payer(payer_id)?, true));
    }
    let (outcome, hash) = outcome_of(&dossier, &Reply::Code(code), tx.now_ms, true)?;
    if matches!(outcome, Outcome::NothingOpen) {
        if wrong_for_a_rejection(tx, dossier, hash)? {
            return Ok((tx.payer(payer_id)?, false));
        }
        return Err(Refusal::new(
            RefusalKind::WrongState,
            "NO_OPEN_CHALLENGE",
            "nothing is asked of this payer now",
        ));
    }
    if proves_phone(&dossier, &outcome) {
        return Err(Refusal::new(
            RefusalKind::WrongState,
            "ANSWER_BY_SMS",
            "the first row is answered by SMS from the payer's phone: it proves phone and card together",
        ));
    }
    let right = matches!(outcome, Outcome::Verified { .. } | Outcome::LateVerified { .. });
    outcome::apply(tx, voice, dossier, &outcome, hash, fresh)?;
    Ok((tx.payer(payer_id)?, right))
}

/// A first challenge proves phone and card together (DESIGN "Verification"): at the counter the phone would go unproven.
fn proves_phone(dossier: &Dossier, outcome: &Outcome) -> bool {
    let asked =
        dossier.challenges.iter().any(|first| first.sale_ids.is_empty() && first.state().is_running());
    asked
        || match outcome {
            Outcome::Verified { challenge, .. } | Outcome::LateVerified { challenge, .. } => {
                dossier.challenges[*challenge].sale_ids.is_empty()
            }
            _ => false,
        }
}

/// The challenge with a rejected sale whose code this is; three wrong tries have closed it.
fn rejected_with(tx: &Tx, dossier: &Dossier, code: &RowCode) -> Result<Option<usize>> {
    let right = |at: usize| {
        let facts = &dossier.facts[at];
        facts.expected == *code && facts.wrong_tries < WRONG_TRIES_MAX
    };
    for at in (0..dossier.challenges.len()).rev() {
        if right(at) && !rejected_sales(tx, &dossier.challenges[at])?.is_empty() {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn rejected_sales(tx: &Tx, challenge: &Challenge) -> Result<Vec<Sale>> {
    let sales: Result<Vec<Sale>> = challenge.sale_ids.iter().map(|id| tx.sale(id)).collect();
    let mut sales = sales?;
    sales.retain(|sale| sale.state() == SaleState::Rejected);
    Ok(sales)
}

/// A right code given in person withdraws the rejection: the rejected sales of that challenge are VERIFIED. The code
/// stays frozen until the card is reset: whoever rejected by mistake stands at the counter anyway.
fn withdraw_rejection(
    tx: &mut Tx,
    dossier: Dossier,
    at: usize,
    code: &RowCode,
    fresh: &mut Fresh,
) -> Result<()> {
    let mut challenge = dossier.challenges[at].clone();
    for sale in rejected_sales(tx, &challenge)? {
        for dispute_id in &sale.dispute_ids {
            if tx.dispute(dispute_id)?.state() == DisputeState::Open {
                disputes::withdraw(tx, dispute_id, PAYER)?;
            }
        }
        let mut sale = tx.sale(&sale.sale_id)?;
        sale.advance(SaleState::Verified)?;
        tx.put_sale(PAYER, &sale)?;
    }
    if !challenge.state().is_running() {
        challenge.state = ChallengeState::Answered as i32;
        tx.put_challenge(PAYER, &challenge)?;
    }
    let mut payer = dossier.payer;
    proven(&mut payer, Some(dossier.key.code_hash(code)));
    tx.put_payer(PAYER, &payer)?;
    witness_result(tx, &challenge, "verified", fresh.take()?)
}

/// Nothing is asked, but a rejection could be withdrawn: then a wrong code is a guess at it and counts as one.
fn wrong_for_a_rejection(tx: &mut Tx, dossier: Dossier, hash: Option<CodeHash>) -> Result<bool> {
    let Some(hash) = hash else { return Ok(false) };
    let mut guessed = false;
    for mut challenge in dossier.challenges {
        let open = challenge.wrong_replies < u32::from(WRONG_TRIES_MAX);
        if !open || rejected_sales(tx, &challenge)?.is_empty() {
            continue;
        }
        challenge.wrong_replies += 1;
        challenge.wrong_hashes.push(hash.0.to_vec());
        tx.put_challenge(PAYER, &challenge)?;
        guessed = true;
    }
    if guessed {
        let mut payer = dossier.payer;
        payer.wrong_since_right += 1;
        if payer.wrong_since_right >= u32::from(WRONG_SINCE_RIGHT_MAX) {
            payer.state = PayerState::Locked as i32;
        }
        tx.put_payer(PAYER, &payer)?;
    }
    Ok(guessed)
}
