//! Expected, reported and ledger: gathered once for those who ask for the numbers and those who ask for the paper.

use std::sync::Arc;

use chit_proto::ledger::v1::{Account, GetAccountRequest, ListTransfersRequest, Transfer, TransferKind};
use jiff::civil::Date;

use crate::collection::by_ledger::{ByLedger, Moved, Movement};
use crate::collection::filed::Filed;
use crate::context::Shop;
use crate::peers::{Fault, peer};
use crate::store::records::bank::BankDay;
use crate::values::refusal::Result;

/// Longer than a debit may come back.
pub const DAYS_MAX: usize = 400;
const PAGE: u32 = 1_000;

/// What checkout knows of the bank's reports.
pub struct Reported {
    pub files: Vec<Filed>,
    /// Newest first.
    pub days: Vec<(Date, BankDay)>,
    pub in_flight_minor: i64,
    pub at_bank_minor: i64,
}

/// The ledger's balances.
pub struct Balances {
    pub in_flight_minor: i64,
    pub at_bank_minor: i64,
    pub returned_minor: i64,
}

pub async fn reported(shop: &Arc<Shop>, size: usize) -> Result<Reported> {
    let look = move |view: &crate::store::View| {
        let sums = view.bank_sums()?;
        Ok(Reported {
            files: view.newest_filed(size)?,
            days: view.newest_bank_days(DAYS_MAX)?,
            in_flight_minor: sums.in_flight_minor(),
            at_bank_minor: sums.at_bank_minor(),
        })
    };
    shop.store.read(look).await
}

pub async fn balances(shop: &Arc<Shop>) -> std::result::Result<Balances, Fault> {
    let bank = account(shop, &shop.house.bank).await?;
    let returned = account(shop, &shop.house.bank_returned).await?;
    let (in_flight_minor, at_bank_minor) = (bank.debits_pending_minor, balance(&bank));
    Ok(Balances { in_flight_minor, at_bank_minor, returned_minor: balance(&returned) })
}

async fn account(shop: &Arc<Shop>, account_id: &str) -> std::result::Result<Account, Fault> {
    let request = GetAccountRequest { account_id: account_id.to_owned(), ..Default::default() };
    Ok(peer!(shop.ledger.get_account(request)).await?.account.unwrap_or_default())
}

fn balance(account: &Account) -> i64 {
    account.debits_posted_minor.saturating_sub(account.credits_posted_minor)
}

/// Adds up the transfers of the bank's account, a page at a time.
pub async fn by_ledger(shop: &Arc<Shop>, files: &[Filed]) -> std::result::Result<ByLedger, Fault> {
    let files = files.to_vec();
    let mut sums = shop.store.read(move |view| ByLedger::of(view, &files)).await?;
    let mut page_token = String::new();
    loop {
        let account_id = shop.house.bank.clone();
        let request = ListTransfersRequest { account_id, page_size: PAGE, page_token };
        let page = peer!(shop.ledger.list_transfers(request)).await?;
        for transfer in &page.transfers {
            if let Some(movement) = movement(shop, transfer) {
                sums.hear(&movement);
            }
        }
        if page.next_page_token.is_empty() {
            return Ok(sums);
        }
        page_token = page.next_page_token;
    }
}

/// None: it is about no debit.
fn movement(shop: &Shop, transfer: &Transfer) -> Option<Movement> {
    let pending = || transfer.pending_transfer_id.parse().ok();
    let moved = match transfer.kind() {
        TransferKind::Pending => Moved::Sent(transfer.transfer_id.parse().ok()?),
        TransferKind::PostPending => Moved::Arrived(pending()?),
        TransferKind::VoidPending => Moved::NotPaid(pending()?),
        TransferKind::Posted if transfer.credit_account_id == shop.house.bank => Moved::Back,
        TransferKind::Posted | TransferKind::Unspecified => return None,
    };
    let at = transfer.create_time.and_then(|at| chit_runtime::clock::from_proto(&at))?;
    Some(Movement {
        moved,
        sale: transfer.external_ref.parse().ok()?,
        minor: transfer.amount.as_ref()?.amount_minor,
        on: shop.voice.quiet.local_day(at),
    })
}
