//! `GetConsistencyProof`.

use chit_proto::ledger::v1::{GetConsistencyProofRequest, GetConsistencyProofResponse};
use tlog_tiles::{Hash, prove_tree, tree_hash};
use tonic::Status;

use super::{Api, tree};
use crate::domain::StorageError;
use crate::store::{Head, View};

pub async fn handle(
    api: &Api,
    request: GetConsistencyProofRequest,
) -> Result<GetConsistencyProofResponse, Status> {
    let GetConsistencyProofRequest { old_size, new_size } = request;
    let (head, proof) = api.read(move |view| prove(view, old_size, new_size)).await?;
    let proof = proof.ok_or_else(|| {
        tree::unknown_seq("old_size must be 1 to new_size, and new_size at most the newest seq")
    })?;
    Ok(GetConsistencyProofResponse {
        old_root: proof.old_root.0.to_vec(),
        new_size: proof.new_size,
        new_root: proof.new_root.0.to_vec(),
        path: tree::bytes(proof.path),
        checkpoint: Some(tree::checkpoint(api, head.seq, head.root)?),
    })
}

struct Proof {
    old_root: Hash,
    new_size: u64,
    new_root: Hash,
    path: Vec<Hash>,
}

fn prove(view: &dyn View, old_size: u64, new_size: u64) -> Result<(Head, Option<Proof>), StorageError> {
    let head = view.head()?;
    let new_size = if new_size == 0 { head.seq } else { new_size };
    if old_size == 0 || old_size > new_size || new_size > head.seq {
        return Ok((head, None));
    }
    let stored = tree::Stored(view);
    let old_root = tree_hash(old_size, &stored).map_err(tree::storage)?;
    let new_root = tree_hash(new_size, &stored).map_err(tree::storage)?;
    let path = prove_tree(new_size, old_size, &stored).map_err(tree::storage)?;
    Ok((head, Some(Proof { old_root, new_size, new_root, path })))
}
