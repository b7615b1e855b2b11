//! `CreateTransfers`.

use std::collections::HashSet;

use chit_proto::ledger::v1::{CreateTransfersRequest, CreateTransfersResponse, Transfer};
use chit_runtime::error::bad_field;
use tonic::Status;

use super::{Api, head};
use crate::domain::TransferRequest;
use crate::wire::{self, FieldFault};

/// Transfers of one batch.
const BATCH_MAX: usize = 8000;

pub async fn handle(api: &Api, request: CreateTransfersRequest) -> Result<CreateTransfersResponse, Status> {
    let asked = decode(&request.transfers)?;
    let actor = wire::actor("actor", &request.actor)?;
    let weight = asked.len();
    let (accepted, newest) =
        api.writer.submit(weight, move |draft| draft.accept_linked(&actor, &asked)).await?;
    let transfers = accepted
        .iter()
        .map(|one| wire::stamped_transfer_to_pb(&one.transfer, one.stamp, one.pending_state))
        .collect();
    Ok(CreateTransfersResponse { transfers, head: Some(head(newest)) })
}

fn decode(transfers: &[Transfer]) -> Result<Vec<TransferRequest>, Status> {
    if transfers.is_empty() || transfers.len() > BATCH_MAX {
        return Err(bad_field(
            "transfers",
            "BATCH_TOO_LARGE",
            "must be 1 to 8000 transfers: split the batch",
        ));
    }
    let mut asked = Vec::with_capacity(transfers.len());
    let mut ids = HashSet::with_capacity(transfers.len());
    for (index, transfer) in transfers.iter().enumerate() {
        let request = wire::transfer_request(transfer).map_err(|fault| in_batch(index, fault))?;
        if !ids.insert(request.id) {
            let remedy = "must be unique within the batch";
            let fault = FieldFault { field: "transfer.transfer_id", reason: wire::FIELD_INVALID, remedy };
            return Err(in_batch(index, fault));
        }
        asked.push(request);
    }
    Ok(asked)
}

fn in_batch(index: usize, fault: FieldFault) -> Status {
    let field = fault.field.trim_start_matches("transfer.");
    bad_field(&format!("transfers[{index}].{field}"), fault.reason, fault.remedy)
}
