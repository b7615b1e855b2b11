//! House rail: SETTLED = the pending transfers of the batch are posted, all or none. One that the ledger refuses is
//! parked, and the others go on without it.

use std::sync::Arc;

use chit_proto::ledger::v1::CreateTransfersRequest;

use super::bookings;
use super::point::done;
use super::transfers::following;
use crate::collection::{Deduction, settling};
use crate::context::Shop;
use crate::peers::{Fault, peer};
use crate::values::ids::{BatchId, SaleId, TransferId};

pub async fn post(shop: &Arc<Shop>, entry: u64, id: BatchId) -> Result<(), Fault> {
    let deductions = read(shop, id).await?;
    match send(shop, &deductions).await {
        Ok(()) => {}
        Err(Fault::Refused { reason, .. }) if deductions.len() > 1 => {
            tracing::error!(batch = %id, reason, "the ledger refuses the batch: its sales are posted one by one");
            renew(shop, &deductions).await?;
            one_by_one(shop, id).await?;
        }
        Err(Fault::Refused { reason, .. }) => park(shop, id, &deductions, reason).await?,
        Err(fault) => return Err(fault),
    }
    let terms = shop.house_terms();
    shop.store
        .write(move |tx| {
            settling::settled(tx, id, &terms)?;
            done(tx, entry)
        })
        .await?;
    Ok(())
}

async fn read(shop: &Shop, id: BatchId) -> Result<Vec<Deduction>, Fault> {
    Ok(shop.store.read(move |view| view.deductions(&view.batch(id)?.sales)).await?)
}

async fn send(shop: &Shop, deductions: &[Deduction]) -> Result<(), Fault> {
    if deductions.is_empty() {
        return Ok(());
    }
    let transfers = deductions.iter().map(bookings::settlement).collect();
    let request = CreateTransfersRequest { transfers, actor: "system".into() };
    peer!(shop.ledger.create_transfers(request)).await?;
    Ok(())
}

/// Ids that were refused together are spent, whichever of them was to blame.
async fn renew(shop: &Shop, deductions: &[Deduction]) -> Result<(), Fault> {
    let sales: Vec<SaleId> = deductions.iter().map(|deduction| deduction.sale).collect();
    let fresh: TransferId = shop.new_id()?;
    shop.store
        .write(move |tx| {
            for mut deduction in tx.deductions(&sales)? {
                deduction.resolve = following(deduction.resolve, fresh);
                let resolve = deduction.resolve;
                if let Some(presentment) = deduction.presentments.last_mut() {
                    presentment.id = resolve;
                }
                tx.put_deduction("system", &deduction)?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

async fn one_by_one(shop: &Arc<Shop>, id: BatchId) -> Result<(), Fault> {
    for deduction in read(shop, id).await? {
        let one = [deduction];
        match send(shop, &one).await {
            Ok(()) => {}
            Err(Fault::Refused { reason, .. }) => park(shop, id, &one, reason).await?,
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

/// Out of the batch, with another id for the day somebody has mended the cause.
async fn park(shop: &Shop, id: BatchId, deductions: &[Deduction], reason: String) -> Result<(), Fault> {
    let sales: Vec<SaleId> = deductions.iter().map(|deduction| deduction.sale).collect();
    let fresh: TransferId = shop.new_id()?;
    shop.store
        .write(move |tx| {
            let mut batch = tx.batch(id)?;
            for sale in sales {
                settling::park(tx, &mut batch, sale, &reason)?;
                let mut deduction = tx.deduction(sale)?;
                deduction.resolve = following(deduction.resolve, fresh);
                tx.put_deduction("system", &deduction)?;
            }
            tx.put_batch("system", &batch)
        })
        .await?;
    Ok(())
}
