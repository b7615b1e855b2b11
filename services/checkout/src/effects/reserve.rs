//! COMMITTED: the sale's amount is reserved in the ledger, and only then does it get its receipt number (I1).

use std::sync::Arc;

use chit_proto::ledger::v1::{CreateTransferRequest, CreateTransferResponse};

use super::bookings;
use super::goods;
use super::point::done;
use crate::config::Dispatch;
use crate::context::Shop;
use crate::peers::{Fault, peer};
use crate::sale::{self, Commit, Committed, Names, Sale, Stage, Witnessed};
use crate::values::ids::SaleId;
use crate::values::refusal::Refusal;

const NAMES_DRAWN: usize = 8;

pub async fn run(shop: &Arc<Shop>, entry: u64, id: SaleId) -> Result<(), Fault> {
    let look = move |view: &crate::store::View| {
        let sale = view.sale(id)?;
        let account = match sale.presented() {
            Some(presented) => Some(view.payer(presented.payer)?.account),
            None => None,
        };
        Ok((sale, account))
    };
    let (sale, account) = shop.store.read(look).await?;
    let (Stage::PayerOk { commit: Commit::Asked(transfer), .. }, Some(account)) = (&sale.stage, account)
    else {
        return Ok(shop.store.write(move |tx| done(tx, entry)).await?);
    };
    let pending = bookings::reservation(&shop.house, &sale, *transfer, account);
    let request = CreateTransferRequest { transfer: Some(pending), actor: sale.cashier.clone() };
    match peer!(shop.ledger.create_transfer(request)).await.map_err(Fault::from) {
        Ok(answer) => committed(shop, entry, &sale, answer).await,
        Err(Fault::Refused { reason, .. }) => {
            let refused = move |tx: &mut crate::store::Tx| {
                sale::refused(tx, id, &reason)?;
                done(tx, entry)
            };
            Ok(shop.store.write(refused).await?)
        }
        Err(fault) => Err(fault),
    }
}

async fn committed(
    shop: &Arc<Shop>,
    entry: u64,
    sale: &Sale,
    answer: CreateTransferResponse,
) -> Result<(), Fault> {
    let CreateTransferResponse { transfer, head, .. } = answer;
    let (seq, head) = (transfer.unwrap_or_default().journal_seq, head.unwrap_or_default());
    let answer = Committed {
        ledger: Witnessed { seq, tree_size: head.seq, root: head.root.try_into().ok() },
        day: shop.local_day(),
        names: draw(shop)?,
        recording: shop.new_id()?,
        job: shop.new_id()?,
        resolve: shop.new_id()?,
        goods_sha256: goods::of(sale).sha256,
        released: shop.cfg.dispatch == Dispatch::Auto,
        announced: shop.cfg.announce,
    };
    let id = sale.id;
    shop.store
        .write(move |tx| {
            sale::committed(tx, id, answer)?;
            done(tx, entry)
        })
        .await?;
    Ok(())
}

fn draw(shop: &Shop) -> Result<Names, Refusal> {
    let mut names = Names { lookup_codes: [[0; 5]; NAMES_DRAWN], sale_numbers: [0; NAMES_DRAWN] };
    for at in 0..NAMES_DRAWN {
        names.lookup_codes[at] = shop.random()?;
        names.sale_numbers[at] = u32::from_be_bytes(shop.random()?);
    }
    Ok(names)
}
