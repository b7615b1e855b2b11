//! The payer answers at the counter: the row typed on the customer pad. It also withdraws a rejection.

use super::answers::Voice;
use super::disputes;
use super::facts::Dossier;
use super::outcome::{self, Fresh};
use crate::domain::code_card::RowCode;
use crate::domain::people::{Payer, PayerState};
use crate::domain::refusal::{Refusal, RefusalKind, Result};
use crate::domain::reply::Reply;
use crate::domain::sale::SaleState;
use crate::domain::settlement::DisputeState;
use crate::domain::verification::Outcome;
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
    fresh: Fresh,
) -> Result<(Payer, bool)> {
    let payer = tx.payer(payer_id)?;
    if payer.state() == PayerState::Locked {
        return Err(Refusal::new(
            RefusalKind::WrongState,
            "CARD_LOCKED",
            "nine wrong replies; reset the card first (ResetPayer)",
        ));
    }
    if withdraw_rejection(tx, master, &payer, &code)? {
        return Ok((tx.payer(payer_id)?, true));
    }
    let dossier = Dossier::read(tx, master, payer)?;
    let (outcome, hash) = outcome_of(&dossier, &Reply::Code(code), tx.now_ms, true)?;
    if matches!(outcome, Outcome::NothingOpen) {
        return Err(Refusal::new(
            RefusalKind::WrongState,
            "NO_OPEN_CHALLENGE",
            "nothing is asked of this payer now",
        ));
    }
    let right = matches!(outcome, Outcome::Verified { .. } | Outcome::LateVerified { .. });
    outcome::apply(tx, voice, dossier, &outcome, hash, fresh)?;
    Ok((tx.payer(payer_id)?, right))
}

/// A right code given in person withdraws the rejection: the sales of that challenge are VERIFIED.
fn withdraw_rejection(tx: &mut Tx, master: &[u8; 32], payer: &Payer, code: &RowCode) -> Result<bool> {
    let dossier = Dossier::read(tx, master, payer.clone())?;
    let mut withdrawn = false;
    for (challenge, facts) in dossier.challenges.iter().zip(&dossier.facts) {
        if facts.expected != *code {
            continue;
        }
        for sale_id in &challenge.sale_ids {
            let sale = tx.sale(sale_id)?;
            if sale.state() != SaleState::Rejected {
                continue;
            }
            for dispute_id in &sale.dispute_ids {
                if tx.dispute(dispute_id)?.state() == DisputeState::Open {
                    disputes::withdraw(tx, dispute_id, PAYER)?;
                }
            }
            let mut sale = tx.sale(sale_id)?;
            sale.advance(SaleState::Verified)?;
            tx.put_sale(PAYER, &sale)?;
            withdrawn = true;
        }
    }
    Ok(withdrawn)
}
