//! Cash into a payer's account in the shop, or out of it.

use std::sync::Arc;

use chit_proto::ledger::v1::{CreateTransfersRequest, Transfer, TransferKind};
use chit_proto::money::v1::Money;

use super::point::done;
use crate::collection::house::EntryKind;
use crate::context::Shop;
use crate::peers::{Fault, peer};
use crate::store::View;
use crate::values::ids::PayerId;
use crate::values::refusal::{self, Refusal};

pub async fn post(shop: &Arc<Shop>, entry: u64, payer: PayerId, number: u64) -> Result<(), Fault> {
    let here = shop.clone();
    let cash = shop.store.read(move |view| transfer(&here, view, payer, number)).await?;
    let request = CreateTransfersRequest { transfers: vec![cash], actor: "system".into() };
    peer!(shop.ledger.create_transfers(request)).await?;
    Ok(shop.store.write(move |tx| done(tx, entry)).await?)
}

/// Between the drawer and the payer's account.
pub fn transfer(shop: &Shop, view: &View, payer: PayerId, number: u64) -> refusal::Result<Transfer> {
    let (line, account) = (view.house_entry(payer, number)?, view.payer(payer)?.account);
    let id = line.transfer.ok_or_else(|| Refusal::internal("cash was booked without a transfer"))?;
    let (debit_account_id, credit_account_id) = match line.kind {
        EntryKind::PaidOut => (account.to_string(), shop.house.cash.clone()),
        EntryKind::PaidIn | EntryKind::Charged | EntryKind::Refunded => {
            (shop.house.cash.clone(), account.to_string())
        }
    };
    let currency_code = shop.currency.code().to_owned();
    Ok(Transfer {
        transfer_id: id.to_string(),
        kind: TransferKind::Posted as i32,
        debit_account_id,
        credit_account_id,
        amount: Some(Money { amount_minor: line.amount_minor, currency_code }),
        external_ref: payer.to_string(),
        ..Transfer::default()
    })
}
