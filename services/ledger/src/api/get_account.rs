//! `GetAccount`.

use chit_proto::ledger::v1::{GetAccountRequest, GetAccountResponse};
use tonic::Status;

use super::{Api, status, tree};
use crate::history;
use crate::wire;

pub async fn handle(api: &Api, request: GetAccountRequest) -> Result<GetAccountResponse, Status> {
    let id = wire::account_id("account_id", &request.account_id)?;
    let as_of = request.as_of_seq;
    let (head, account) = api
        .read(move |view| {
            let account =
                if as_of == 0 { view.account(id)? } else { history::account_as_of(view, id, as_of)? };
            Ok((view.head()?, account))
        })
        .await?;
    if as_of > head.seq {
        return Err(tree::unknown_seq("as_of_seq must be at most the newest journal sequence number"));
    }
    let account = account.ok_or_else(|| status::not_found("ACCOUNT_NOT_FOUND", "no account has this id"))?;
    Ok(GetAccountResponse { account: Some(wire::account_to_pb(&account)) })
}
