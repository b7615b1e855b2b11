//! The shop's own accounts in the ledger.

use std::sync::Arc;
use std::time::Duration;

use chit_proto::ledger::v1::{Account, CreateAccountRequest};

use crate::context::Shop;
use crate::peers::{Fault, peer};

/// Chart of accounts: 1xxx assets, 4xxx income, 5xxx expense.
pub const CODE_CASH: u32 = 1000;
pub const CODE_RECEIVABLE: u32 = 1200;
const CODE_BANK: u32 = 1010;
const CODE_BANK_RETURNED: u32 = 1210;
const CODE_SALES: u32 = 4000;
const CODE_REFUNDS: u32 = 4100;
const CODE_BAD_DEBT: u32 = 5000;

const PAUSE: Duration = Duration::from_millis(500);

/// Until the ledger has them all; it may start after us.
pub async fn ensure_accounts(shop: Arc<Shop>) {
    let house = &shop.house;
    let mut wanted = vec![
        (house.cash.clone(), CODE_CASH),
        (house.sales.clone(), CODE_SALES),
        (house.refunds.clone(), CODE_REFUNDS),
        (house.bad_debt.clone(), CODE_BAD_DEBT),
    ];
    if shop.bank.is_some() {
        wanted.push((house.bank.clone(), CODE_BANK));
        wanted.push((house.bank_returned.clone(), CODE_BANK_RETURNED));
    }
    for (account_id, code) in wanted {
        while let Err(fault) = ensure(&shop, &account_id, code).await {
            tracing::warn!(%fault, code, "the ledger does not have the shop's account yet");
            tokio::select! {
                () = shop.shutdown.wait() => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }
}

pub async fn ensure(shop: &Shop, account_id: &str, code: u32) -> Result<(), Fault> {
    let account = Account {
        account_id: account_id.to_owned(),
        currency_code: shop.cfg.currency_code.clone(),
        code,
        ..Account::default()
    };
    let request = CreateAccountRequest { account: Some(account), actor: "system".into() };
    peer!(shop.ledger.create_account(request)).await?;
    Ok(())
}
