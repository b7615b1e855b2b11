//! The payer pays in cash: nothing of the sale is asked or deducted any more.

use crate::domain::dialogue::ChallengeState;
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::people::PayerState;
use crate::domain::refusal::Result;
use crate::domain::sale::{Sale, SaleState};
use crate::store::{Rows, Tx};

pub fn paid_in_cash(tx: &mut Tx, sale_id: &str, actor: &str, transfer_id: String) -> Result<Sale> {
    let mut sale = tx.sale(sale_id)?;
    if sale.state() == SaleState::BadListed {
        sale.advance(SaleState::Cleared)?;
        tx.put_sale(actor, &sale)?;
        tx.push(&Effect::with_far_id(EffectKind::PostRecovered, sale_id, transfer_id))?;
        undeny(tx, &sale.payer_id, actor)?;
        return Ok(sale);
    }
    sale.advance(SaleState::PaidOtherwise)?;
    tx.put_sale(actor, &sale)?;
    tx.push(&Effect::with_far_id(EffectKind::PostOtherPayment, sale_id, transfer_id))?;
    cancel_challenge(tx, &sale, actor)?;
    Ok(sale)
}

/// The text of the open challenge no longer states what is owed (I9); its other sales are asked for anew.
fn cancel_challenge(tx: &mut Tx, sale: &Sale, actor: &str) -> Result<()> {
    if sale.challenge_id.is_empty() {
        return Ok(());
    }
    let mut challenge = tx.challenge(&sale.challenge_id)?;
    if !challenge.state().is_running() {
        return Ok(());
    }
    challenge.state = ChallengeState::Cancelled as i32;
    tx.put_challenge(actor, &challenge)?;
    tx.push(&Effect::new(EffectKind::CancelMessage, &challenge.message_id))?;
    for other in &challenge.sale_ids {
        let mut other = tx.sale(other)?;
        if other.state() == SaleState::Challenged {
            other.advance(SaleState::Queued)?;
            // It was not the payer's fault: the round does not count.
            other.rounds = other.rounds.saturating_sub(1);
            tx.put_sale(actor, &other)?;
        }
    }
    let mut payer = tx.payer(&sale.payer_id)?;
    if payer.open_challenge_id == challenge.challenge_id {
        payer.open_challenge_id.clear();
        tx.put_payer(actor, &payer)?;
    }
    Ok(())
}

/// DENIED ends when no listed sale of the payer is left.
pub fn undeny(tx: &mut Tx, payer_id: &str, actor: &str) -> Result<()> {
    let listed =
        tx.open_sales()?.iter().any(|sale| sale.payer_id == payer_id && sale.state() == SaleState::BadListed);
    let mut payer = tx.payer(payer_id)?;
    if !listed && payer.state() == PayerState::Denied {
        payer.state = PayerState::Active as i32;
        tx.put_payer(actor, &payer)?;
    }
    Ok(())
}
