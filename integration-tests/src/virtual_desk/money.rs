//! The payer's account in the ledger.

use chit_proto::ledger::v1::{Account, ListAccountsRequest, ListTransfersRequest};

use super::VirtualDesk;
use super::scene::Balance;
use crate::ask;

/// Chart of accounts: what payers owe (services/checkout, saga/house.rs).
const CODE_RECEIVABLE: u32 = 1200;
const PAGE: u32 = 100;

/// Checkout does not name accounts; the payer's is the one in their sale's transfers.
pub async fn balance_of(desk: &VirtualDesk, sale_id: &str) -> anyhow::Result<Option<Balance>> {
    let ledger = desk.desk.ledger.clone();
    let mut page_token = String::new();
    loop {
        let request = ListAccountsRequest { page_size: PAGE, page_token };
        let page = ask!(ledger, list_accounts, request)?;
        for account in page.accounts.iter().filter(|account| account.code == CODE_RECEIVABLE) {
            if names(desk, account, sale_id).await? {
                return Ok(Some(Balance {
                    pending_minor: account.debits_pending_minor,
                    taken_minor: account.debits_posted_minor,
                    refunded_minor: account.credits_posted_minor,
                }));
            }
        }
        if page.next_page_token.is_empty() {
            return Ok(None);
        }
        page_token = page.next_page_token;
    }
}

async fn names(desk: &VirtualDesk, account: &Account, sale_id: &str) -> anyhow::Result<bool> {
    let ledger = desk.desk.ledger.clone();
    let account_id = account.account_id.clone();
    let request = ListTransfersRequest { account_id, page_size: PAGE, page_token: String::new() };
    let page = ask!(ledger, list_transfers, request)?;
    Ok(page.transfers.iter().any(|transfer| transfer.external_ref == sale_id))
}
