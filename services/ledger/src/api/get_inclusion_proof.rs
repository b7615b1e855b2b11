//! `GetInclusionProof`.

use chit_proto::ledger::v1::{GetInclusionProofRequest, GetInclusionProofResponse};
use tlog_tiles::{Hash, prove_record, tree_hash};
use tonic::Status;

use super::{Api, tree};
use crate::domain::StorageError;
use crate::store::{Head, View};
use crate::tree::leaf_index;

pub async fn handle(
    api: &Api,
    request: GetInclusionProofRequest,
) -> Result<GetInclusionProofResponse, Status> {
    let GetInclusionProofRequest { seq, tree_size } = request;
    let (head, proof) = api.read(move |view| prove(view, seq, tree_size)).await?;
    let proof = proof.ok_or_else(|| {
        tree::unknown_seq("seq must be 1 to tree_size, and tree_size at most the newest seq")
    })?;
    Ok(GetInclusionProofResponse {
        tree_size: proof.tree_size,
        root: proof.root.0.to_vec(),
        leaf_hash: proof.leaf.0.to_vec(),
        path: tree::bytes(proof.path),
        checkpoint: Some(tree::checkpoint(api, head.seq, head.root)?),
    })
}

struct Proof {
    tree_size: u64,
    root: Hash,
    leaf: Hash,
    path: Vec<Hash>,
}

fn prove(view: &dyn View, seq: u64, tree_size: u64) -> Result<(Head, Option<Proof>), StorageError> {
    let head = view.head()?;
    let tree_size = if tree_size == 0 { head.seq } else { tree_size };
    if seq == 0 || seq > tree_size || tree_size > head.seq {
        return Ok((head, None));
    }
    let stored = tree::Stored(view);
    let root = tree_hash(tree_size, &stored).map_err(tree::storage)?;
    let path = prove_record(tree_size, seq - 1, &stored).map_err(tree::storage)?;
    let leaf = view.stored_hashes(&[leaf_index(seq)])?;
    let leaf = *leaf.first().ok_or_else(|| StorageError::new("a leaf hash is missing"))?;
    Ok((head, Some(Proof { tree_size, root, leaf, path })))
}
