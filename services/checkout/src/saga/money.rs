//! Money after COMMITTED: settle, void, refund, bad debt. Each is a transfer with an id fixed beforehand.

use std::sync::Arc;

use chit_proto::ledger::v1::{CreateTransfersRequest, Transfer, TransferKind};
use chit_proto::money::v1::Money;

use super::{Fault, stuck};
use crate::domain::sale::{Sale, SaleState};
use crate::domain::settlement::BatchState;
use crate::shop::Shop;
use crate::store::Rows;

/// Releases the reserved amount: VOIDED, WRITTEN_OFF.
pub async fn void(shop: &Arc<Shop>, row: u64, sale_id: &str) -> Result<(), Fault> {
    let sale = shop.sale(sale_id).await?;
    apply(shop, vec![resolve(&sale, TransferKind::VoidPending)]).await?;
    done(shop, row).await
}

/// House rail: SETTLED = the pending transfers of the batch are posted, all or none.
pub async fn post_batch(shop: &Arc<Shop>, row: u64, batch_id: &str) -> Result<(), Fault> {
    let id = batch_id.to_owned();
    let (mut batch, sales) = shop
        .store
        .read(move |rows| {
            let batch = rows.batch(&id)?;
            let sales: crate::domain::refusal::Result<Vec<Sale>> =
                batch.sale_ids.iter().map(|sale_id| rows.sale(sale_id)).collect();
            Ok((batch, sales?))
        })
        .await?;
    apply(shop, sales.iter().map(|sale| resolve(sale, TransferKind::PostPending)).collect()).await?;
    shop.store
        .write(move |tx| {
            for sale_id in &batch.sale_ids {
                let mut sale = tx.sale(sale_id)?;
                if sale.state() == SaleState::Submitted {
                    sale.advance(SaleState::Settled)?;
                    sale.settle_ms = tx.now_ms;
                    tx.put_sale("system", &sale)?;
                }
            }
            batch.state = BatchState::Settled as i32;
            tx.put_batch("system", &batch)?;
            stuck::done(tx, row)
        })
        .await?;
    Ok(())
}

/// A transfer of its own, linked by the sale's id; what was paid in cash is paid back in cash.
pub async fn refund(shop: &Arc<Shop>, row: u64, sale_id: &str, transfer_id: &str) -> Result<(), Fault> {
    let sale = shop.sale(sale_id).await?;
    let account = match sale.state() {
        SaleState::PaidOtherwise | SaleState::Cleared => shop.house.cash.clone(),
        _ => payer_account(shop, &sale).await?,
    };
    apply(shop, vec![posted(&sale, transfer_id, &shop.house.refunds, &account)]).await?;
    done(shop, row).await
}

/// BAD_LISTED: the claim is posted and leaves the receivables for bad debt.
pub async fn move_to_bad_debt(
    shop: &Arc<Shop>,
    row: u64,
    sale_id: &str,
    transfer_id: &str,
) -> Result<(), Fault> {
    let sale = shop.sale(sale_id).await?;
    let account = payer_account(shop, &sale).await?;
    let post = resolve(&sale, TransferKind::PostPending);
    apply(shop, vec![post, posted(&sale, transfer_id, &shop.house.bad_debt, &account)]).await?;
    done(shop, row).await
}

/// PAID_OTHERWISE: the claim is posted and paid from the cash drawer.
pub async fn post_other_payment(
    shop: &Arc<Shop>,
    row: u64,
    sale_id: &str,
    transfer_id: &str,
) -> Result<(), Fault> {
    let sale = shop.sale(sale_id).await?;
    let account = payer_account(shop, &sale).await?;
    let post = resolve(&sale, TransferKind::PostPending);
    apply(shop, vec![post, posted(&sale, transfer_id, &shop.house.cash, &account)]).await?;
    done(shop, row).await
}

/// CLEARED: a listed debt was paid in cash.
pub async fn post_recovered(
    shop: &Arc<Shop>,
    row: u64,
    sale_id: &str,
    transfer_id: &str,
) -> Result<(), Fault> {
    let sale = shop.sale(sale_id).await?;
    apply(shop, vec![posted(&sale, transfer_id, &shop.house.cash, &shop.house.bad_debt)]).await?;
    done(shop, row).await
}

fn resolve(sale: &Sale, kind: TransferKind) -> Transfer {
    Transfer {
        transfer_id: sale.resolve_transfer_id.clone(),
        kind: kind as i32,
        amount: Some(Money { amount_minor: 0, currency_code: sale.currency_code.clone() }),
        pending_transfer_id: sale.pending_transfer().to_owned(),
        external_ref: sale.sale_id.clone(),
        ..Transfer::default()
    }
}

fn posted(sale: &Sale, transfer_id: &str, debit: &str, credit: &str) -> Transfer {
    Transfer {
        transfer_id: transfer_id.to_owned(),
        kind: TransferKind::Posted as i32,
        debit_account_id: debit.to_owned(),
        credit_account_id: credit.to_owned(),
        amount: Some(Money { amount_minor: sale.total_minor, currency_code: sale.currency_code.clone() }),
        external_ref: sale.sale_id.clone(),
        ..Transfer::default()
    }
}

async fn payer_account(shop: &Shop, sale: &Sale) -> Result<String, Fault> {
    let payer_id = sale.payer_id.clone();
    Ok(shop.store.read(move |rows| rows.payer(&payer_id)).await?.account_id)
}

async fn apply(shop: &Shop, transfers: Vec<Transfer>) -> Result<(), Fault> {
    let request = CreateTransfersRequest { transfers, actor: "system".into() };
    crate::far!(shop.ledger.create_transfers(request)).await?;
    Ok(())
}

async fn done(shop: &Shop, row: u64) -> Result<(), Fault> {
    Ok(shop.store.write(move |tx| stuck::done(tx, row)).await?)
}
