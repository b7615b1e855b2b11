//! The bank's money in the ledger. In flight = pending debits of the shop's account at the bank; received = posted ones.
//! What the bank took back stands on an account of its own until it is paid in another way.

use std::sync::Arc;

use chit_proto::ledger::v1::{CreateTransfersRequest, Transfer, TransferKind};
use chit_proto::money::v1::Money;

use super::aside;
use super::point::done;
use crate::collection::exceptions::{self, ExceptionKind};
use crate::collection::filed::Debit;
use crate::collection::posting::{Booked, Entry, Posting, flight_id, transfer_id};
use crate::context::Shop;
use crate::peers::{Fault, peer};
use crate::store::{Tx, View};
use crate::values::ids::{BatchId, PostingId, SaleId, TransferId};
use crate::values::refusal::Result;

/// Closes the exception by itself.
const TAKEN: &str = "the ledger has taken it";

pub async fn hold(shop: &Arc<Shop>, entry: u64, id: BatchId) -> std::result::Result<(), Fault> {
    match hold_all(shop, id).await {
        Ok(()) => Ok(shop.store.write(move |tx| done(tx, entry)).await?),
        Err(Fault::Refused { reason, .. }) => Ok(aside::hold(shop, entry, id, reason).await?),
        Err(fault) => Err(fault),
    }
}

pub async fn hold_aside(shop: &Arc<Shop>, entry: u64, id: BatchId) -> std::result::Result<(), Fault> {
    hold_all(shop, id).await?;
    let stored = move |tx: &mut Tx| {
        exceptions::close_if_open(tx, &aside::refusal_of_batch(id), "system", TAKEN)?;
        done(tx, entry)
    };
    Ok(shop.store.write(stored).await?)
}

/// All debits of a file, together or not at all.
async fn hold_all(shop: &Arc<Shop>, id: BatchId) -> std::result::Result<(), Fault> {
    let here = shop.clone();
    send(shop, shop.store.read(move |view| of_file(&here, view, id)).await?).await
}

pub async fn book(shop: &Arc<Shop>, entry: u64, id: PostingId) -> std::result::Result<(), Fault> {
    match book_all(shop, id).await {
        Ok(()) => {}
        Err(Fault::Refused { reason, .. }) => return Ok(aside::posting(shop, entry, id, reason).await?),
        Err(fault) => return Err(fault),
    }
    let stored = move |tx: &mut Tx| {
        done(tx, entry)?;
        tx.forget_posting(id);
        Ok(())
    };
    Ok(shop.store.write(stored).await?)
}

pub async fn book_aside(shop: &Arc<Shop>, entry: u64, id: PostingId) -> std::result::Result<(), Fault> {
    book_all(shop, id).await?;
    let stored = move |tx: &mut Tx| {
        for booked in &tx.posting(id)?.entries {
            exceptions::close_of_sale(tx, ExceptionKind::LedgerRefused, booked.sale, "system", TAKEN)?;
        }
        done(tx, entry)?;
        tx.forget_posting(id);
        Ok(())
    };
    Ok(shop.store.write(stored).await?)
}

/// Together or not at all.
async fn book_all(shop: &Arc<Shop>, id: PostingId) -> std::result::Result<(), Fault> {
    let here = shop.clone();
    send(shop, shop.store.read(move |view| of_posting(&here, view, id)).await?).await
}

/// What is in flight when the file is made.
pub fn of_file(shop: &Shop, view: &View, id: BatchId) -> Result<Vec<Transfer>> {
    let filed = view.filed(id)?;
    let mut transfers = Vec::new();
    for group in 0..filed.groups.len() {
        let place = u8::try_from(group).unwrap_or(u8::MAX);
        let debits = view.debits(id, place, None, usize::MAX)?;
        transfers.extend(debits.iter().map(|debit| in_flight(shop, filed.salt, debit)));
    }
    Ok(transfers)
}

/// What a part of the bank's file changes.
pub fn of_posting(shop: &Shop, view: &View, id: PostingId) -> Result<Vec<Transfer>> {
    let posting = view.posting(id)?;
    let books = Books { shop, posting: &posting };
    let mut transfers = Vec::new();
    for entry in &posting.entries {
        transfers.extend(books.of(entry, view.filed(entry.batch)?.salt));
    }
    Ok(transfers)
}

async fn send(shop: &Shop, transfers: Vec<Transfer>) -> std::result::Result<(), Fault> {
    let request = CreateTransfersRequest { transfers, actor: "system".into() };
    peer!(shop.ledger.create_transfers(request)).await?;
    Ok(())
}

fn in_flight(shop: &Shop, salt: TransferId, debit: &Debit) -> Transfer {
    let (id, house) = (flight_id(salt, debit.presentment), &shop.house);
    let claim = if debit.again { house.bank_returned.clone() } else { debit.payer_account.to_string() };
    let kind = TransferKind::Pending;
    moved(shop, (id, debit.sale), kind, (&house.bank, &claim), debit.amount_minor)
}

struct Books<'a> {
    shop: &'a Shop,
    posting: &'a Posting,
}

impl Books<'_> {
    fn of(&self, entry: &Entry, flight_salt: TransferId) -> Vec<Transfer> {
        let house = &self.shop.house;
        let flight = flight_id(flight_salt, entry.presentment);
        let account = entry.account.to_string();
        match entry.booked {
            Booked::Received => {
                let reserved = entry.pending.map(|pending| {
                    let amount = if entry.whole { 0 } else { entry.amount_minor };
                    self.resolved(entry, "sale", TransferKind::PostPending, pending, amount)
                });
                let arrived = self.resolved(entry, "arrived", TransferKind::PostPending, flight, 0);
                reserved.into_iter().chain([arrived]).collect()
            }
            Booked::NotPaid => vec![self.resolved(entry, "unpaid", TransferKind::VoidPending, flight, 0)],
            Booked::TakenBack => vec![self.posted(entry, &house.bank_returned)],
            Booked::RefundedByBank => vec![self.posted(entry, &account)],
        }
    }

    fn id(&self, entry: &Entry, purpose: &str) -> TransferId {
        transfer_id(self.posting.salt, entry.presentment, purpose)
    }

    /// Out of the shop's account at the bank.
    fn posted(&self, entry: &Entry, debit: &str) -> Transfer {
        let id = self.id(entry, "back");
        let accounts = (debit, self.shop.house.bank.as_str());
        moved(self.shop, (id, entry.sale), TransferKind::Posted, accounts, entry.amount_minor)
    }

    fn resolved(
        &self,
        entry: &Entry,
        purpose: &str,
        kind: TransferKind,
        pending: TransferId,
        amount_minor: i64,
    ) -> Transfer {
        Transfer {
            transfer_id: self.id(entry, purpose).to_string(),
            kind: kind as i32,
            amount: money(self.shop, amount_minor),
            pending_transfer_id: pending.to_string(),
            external_ref: entry.sale.to_string(),
            ..Transfer::default()
        }
    }
}

fn moved(
    shop: &Shop,
    (id, sale): (TransferId, SaleId),
    kind: TransferKind,
    (debit, credit): (&str, &str),
    amount_minor: i64,
) -> Transfer {
    Transfer {
        transfer_id: id.to_string(),
        kind: kind as i32,
        debit_account_id: debit.to_owned(),
        credit_account_id: credit.to_owned(),
        amount: money(shop, amount_minor),
        external_ref: sale.to_string(),
        ..Transfer::default()
    }
}

fn money(shop: &Shop, amount_minor: i64) -> Option<Money> {
    Some(Money { amount_minor, currency_code: shop.currency.code().to_owned() })
}
