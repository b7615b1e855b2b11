//! The payer pays in cash: nothing of the sale is asked or deducted any more.

use super::rounds;
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::refusal::Result;
use crate::domain::sale::{Sale, SaleState};
use crate::store::{Rows, Tx};

pub fn paid_in_cash(tx: &mut Tx, sale_id: &str, actor: &str, transfer_id: String) -> Result<Sale> {
    let mut sale = tx.sale(sale_id)?;
    if sale.state() == SaleState::BadListed {
        sale.advance(SaleState::Cleared)?;
        tx.put_sale(actor, &sale)?;
        tx.push(&Effect::with_far_id(EffectKind::PostRecovered, sale_id, transfer_id))?;
        undeny(tx, &sale, actor)?;
        return Ok(sale);
    }
    sale.advance(SaleState::PaidOtherwise)?;
    tx.put_sale(actor, &sale)?;
    tx.push(&Effect::with_far_id(EffectKind::PostOtherPayment, sale_id, transfer_id))?;
    if !sale.challenge_id.is_empty() {
        let mut challenge = tx.challenge(&sale.challenge_id)?;
        if challenge.state().is_running() {
            rounds::call_off(tx, &mut challenge, actor, 0)?;
        }
    }
    Ok(sale)
}

/// The record of this sale has ended; the payer is on the deny list until none of his is left.
pub fn undeny(tx: &mut Tx, sale: &Sale, actor: &str) -> Result<()> {
    rounds::witness_record(tx, sale, actor)?;
    let listed = tx
        .open_sales()?
        .iter()
        .any(|other| other.payer_id == sale.payer_id && other.state() == SaleState::BadListed);
    let mut payer = tx.payer(&sale.payer_id)?;
    if !listed && payer.listed {
        payer.unlist();
        tx.put_payer(actor, &payer)?;
    }
    Ok(())
}
