//! `CreateTransfer`.

use chit_proto::ledger::v1::{CreateTransferRequest, CreateTransferResponse};
use tonic::Status;

use super::{Api, head, status};
use crate::wire;

pub async fn handle(api: &Api, request: CreateTransferRequest) -> Result<CreateTransferResponse, Status> {
    let asked = request.transfer.ok_or_else(|| status::bad("transfer", "must be set"))?;
    let asked = wire::transfer_request(&asked)?;
    let actor = wire::actor("actor", &request.actor)?;
    let (accepted, newest) = api.writer.submit(1, move |draft| draft.accept(&actor, &asked)).await?;
    Ok(CreateTransferResponse {
        transfer: Some(wire::stamped_transfer_to_pb(
            &accepted.transfer,
            accepted.stamp,
            accepted.pending_state,
        )),
        exists: accepted.exists,
        head: Some(head(newest)),
    })
}
