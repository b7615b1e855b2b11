//! `CreateAccount`.

use chit_proto::ledger::v1::{CreateAccountRequest, CreateAccountResponse};
use tonic::Status;

use super::{Api, status};
use crate::wire;

pub async fn handle(api: &Api, request: CreateAccountRequest) -> Result<CreateAccountResponse, Status> {
    let asked = request.account.ok_or_else(|| status::bad("account", "must be set"))?;
    let sums = [
        asked.debits_pending_minor,
        asked.debits_posted_minor,
        asked.credits_pending_minor,
        asked.credits_posted_minor,
    ];
    if sums != [0; 4] {
        return Err(status::bad("account", "must have no sums: only transfers make them"));
    }
    let terms = wire::account_terms(&asked)?;
    let actor = wire::actor("actor", &request.actor)?;
    let (account, _) = api.writer.submit(1, move |draft| draft.create_account(&actor, terms)).await?;
    Ok(CreateAccountResponse { account: Some(wire::account_to_pb(&account)) })
}
