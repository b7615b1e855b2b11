//! `GetCheckpoint`.

use chit_proto::ledger::v1::{GetCheckpointRequest, GetCheckpointResponse};
use tlog_tiles::tree_hash;
use tonic::Status;

use super::{Api, tree};
use crate::domain::StorageError;
use crate::store::View;

pub async fn handle(api: &Api, request: GetCheckpointRequest) -> Result<GetCheckpointResponse, Status> {
    let signed = api.read(move |view| root_of(view, request.tree_size)).await?;
    let (size, root) = signed.ok_or_else(|| tree::unknown_seq("tree_size must be at most the newest seq"))?;
    Ok(GetCheckpointResponse {
        checkpoint: Some(tree::checkpoint(api, size, root)?),
        verifier_key: api.notary.verifier_key().to_owned(),
    })
}

/// Size and root; `None` for a tree that there is not yet.
fn root_of(view: &dyn View, tree_size: u64) -> Result<Option<(u64, [u8; 32])>, StorageError> {
    let head = view.head()?;
    if tree_size == 0 || tree_size == head.seq {
        return Ok(Some((head.seq, head.root)));
    }
    if tree_size > head.seq {
        return Ok(None);
    }
    let root = tree_hash(tree_size, &tree::Stored(view)).map_err(tree::storage)?;
    Ok(Some((tree_size, root.0)))
}
