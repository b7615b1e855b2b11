//! `GetTransfer`.

use chit_proto::ledger::v1::{GetTransferRequest, GetTransferResponse};
use tonic::Status;

use super::{Api, status};
use crate::domain::Outcome;
use crate::wire;

pub async fn handle(api: &Api, request: GetTransferRequest) -> Result<GetTransferResponse, Status> {
    let id = wire::transfer_id("transfer_id", &request.transfer_id)?;
    let (entry, state) = api.read(move |view| Ok((view.transfer(id)?, view.pending_state(id)?))).await?;
    let entry = entry.ok_or_else(|| status::not_found("TRANSFER_NOT_FOUND", "no transfer has this id"))?;
    match entry.outcome {
        Outcome::Accepted(transfer) => Ok(GetTransferResponse {
            transfer: Some(wire::stamped_transfer_to_pb(&transfer, entry.stamp, state)),
        }),
        Outcome::Refused(_, reason) => Err(status::already_failed(reason)),
    }
}
