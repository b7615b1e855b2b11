//! What the proofs share: the stored tree, its newest signed root, and sizes that callers name.

use chit_proto::ledger::v1::Checkpoint;
use chit_runtime::error::status;
use tlog_tiles::{Hash, HashReader};
use tonic::{Code, Status};

use super::Api;
use crate::domain::StorageError;
use crate::store::View;

/// The tree's hashes as one state has them.
pub struct Stored<'v>(pub &'v dyn View);

impl HashReader for Stored<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        let hashes = self.0.stored_hashes(indexes);
        hashes.map_err(|error| {
            let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            tlog_tiles::Error::InvalidInput(source)
        })
    }
}

pub fn checkpoint(api: &Api, size: u64, root: [u8; 32]) -> Result<Checkpoint, Status> {
    let signed = api.notary.sign(size, root).map_err(|error| {
        tracing::error!(%error, "a checkpoint cannot be signed");
        status(Code::Internal, "STORAGE_FAILED", "the checkpoint could not be signed: see the ledger's log")
    })?;
    Ok(Checkpoint { tree_size: size, root: root.to_vec(), signed_note: signed })
}

pub fn unknown_seq(text: &'static str) -> Status {
    status(Code::OutOfRange, "SEQ_UNKNOWN", text)
}

pub fn bytes(hashes: Vec<Hash>) -> Vec<Vec<u8>> {
    hashes.into_iter().map(|hash| hash.0.to_vec()).collect()
}

pub fn storage(error: tlog_tiles::Error) -> StorageError {
    StorageError::new(error)
}
