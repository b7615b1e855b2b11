//! `GetAccount`.

use chit_proto::ledger::v1::{GetAccountRequest, GetAccountResponse};
use tonic::Status;

use super::{Api, status};
use crate::wire;

pub async fn handle(api: &Api, request: GetAccountRequest) -> Result<GetAccountResponse, Status> {
    let id = wire::account_id("account_id", &request.account_id)?;
    let account = api.read(move |view| view.account(id)).await?;
    let account = account.ok_or_else(|| status::not_found("ACCOUNT_NOT_FOUND", "no account has this id"))?;
    Ok(GetAccountResponse { account: Some(wire::account_to_pb(&account)) })
}
