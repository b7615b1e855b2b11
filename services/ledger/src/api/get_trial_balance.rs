//! `GetTrialBalance`.

use chit_proto::ledger::v1::{CurrencyBalance, GetTrialBalanceRequest, GetTrialBalanceResponse};
use tonic::Status;

use super::{Api, head};
use crate::domain::{StorageError, TrialBalance};
use crate::store::View;

/// Accounts read at a time.
const PAGE: usize = 1024;

pub async fn handle(api: &Api, _request: GetTrialBalanceRequest) -> Result<GetTrialBalanceResponse, Status> {
    api.read(answer).await
}

fn answer(view: &dyn View) -> Result<GetTrialBalanceResponse, StorageError> {
    let mut trial = TrialBalance::default();
    let mut after = None;
    loop {
        let page = view.accounts_after(after, PAGE)?;
        page.iter().for_each(|account| trial.add(account));
        match page.last() {
            Some(last) => after = Some(last.terms.id),
            None => break,
        }
    }
    let mut balances = Vec::new();
    for (currency, sums) in trial.currencies() {
        let minor = |sum: i128| i64::try_from(sum).map_err(StorageError::new);
        balances.push(CurrencyBalance {
            currency_code: currency.code().to_owned(),
            debits_posted_minor: minor(sums.debits_posted)?,
            credits_posted_minor: minor(sums.credits_posted)?,
            debits_pending_minor: minor(sums.debits_pending)?,
            credits_pending_minor: minor(sums.credits_pending)?,
        });
    }
    Ok(GetTrialBalanceResponse {
        balances,
        balanced: trial.is_balanced(),
        chain_ok: view.head_matches()?,
        head: Some(head(view.head()?)),
    })
}
