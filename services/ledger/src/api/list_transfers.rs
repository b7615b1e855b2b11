//! `ListTransfers`.

use chit_proto::ledger::v1 as pb;
use chit_proto::ledger::v1::{ListTransfersRequest, ListTransfersResponse};
use tonic::Status;

use super::{Api, page_size, status};
use crate::domain::{AccountId, Outcome, StorageError};
use crate::store::View;
use crate::wire;

pub async fn handle(api: &Api, request: ListTransfersRequest) -> Result<ListTransfersResponse, Status> {
    let account = wire::account_id("account_id", &request.account_id)?;
    let max = page_size(request.page_size)?;
    let after_seq = match request.page_token.as_str() {
        "" => 0,
        token => {
            token.parse().map_err(|_| status::bad("page_token", "must come from the previous answer"))?
        }
    };
    let found = api.read(move |view| page(view, account, after_seq, max)).await?;
    let (transfers, more) =
        found.ok_or_else(|| status::not_found("ACCOUNT_NOT_FOUND", "no account has this id"))?;
    let last = transfers.last().filter(|_| more);
    Ok(ListTransfersResponse {
        next_page_token: last.map(|transfer| transfer.journal_seq.to_string()).unwrap_or_default(),
        transfers,
    })
}

/// The page and whether more follows; `None` = no such account.
fn page(
    view: &dyn View,
    account: AccountId,
    after_seq: u64,
    max: usize,
) -> Result<Option<(Vec<pb::Transfer>, bool)>, StorageError> {
    if view.account(account)?.is_none() {
        return Ok(None);
    }
    let mut entries = view.transfers_of(account, after_seq, max + 1)?;
    let more = entries.len() > max;
    entries.truncate(max);
    let mut transfers = Vec::with_capacity(entries.len());
    for entry in entries {
        let Outcome::Accepted(transfer) = entry.outcome else {
            return Err(StorageError::new("a refused transfer is listed under an account"));
        };
        let state = view.pending_state(transfer.id)?;
        transfers.push(wire::stamped_transfer_to_pb(&transfer, entry.stamp, state));
    }
    Ok(Some((transfers, more)))
}
