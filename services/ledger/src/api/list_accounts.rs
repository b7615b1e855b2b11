//! `ListAccounts`.

use chit_proto::ledger::v1::{ListAccountsRequest, ListAccountsResponse};
use tonic::Status;

use super::{Api, page_size, status};
use crate::domain::AccountId;
use crate::wire;

pub async fn handle(api: &Api, request: ListAccountsRequest) -> Result<ListAccountsResponse, Status> {
    let max = page_size(request.page_size)?;
    let after = match request.page_token.as_str() {
        "" => None,
        token => Some(
            AccountId::parse(token)
                .ok_or_else(|| status::bad("page_token", "must come from the previous answer"))?,
        ),
    };
    let mut accounts = api.read(move |view| view.accounts_after(after, max + 1)).await?;
    let more = accounts.len() > max;
    accounts.truncate(max);
    let last = accounts.last().filter(|_| more);
    Ok(ListAccountsResponse {
        next_page_token: last.map(|account| account.terms.id.to_string()).unwrap_or_default(),
        accounts: accounts.iter().map(wire::account_to_pb).collect(),
    })
}
