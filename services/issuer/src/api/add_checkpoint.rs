use chit_proto::issuer::v1::{AddCheckpointRequest, AddCheckpointResponse};
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{Checkpoint, Hash};
use tonic::Status;

use super::{Api, errors};
use crate::domain::{Seen, grown};

const NOTE_LEN_MAX: usize = 4_096;
/// Of a tree with 2^64 leaves.
const PROOF_LEN_MAX: usize = 64;

/// What is cosigned is durable first: after a restart nothing older is cosigned in its place.
pub async fn call(api: &Api, request: AddCheckpointRequest) -> Result<AddCheckpointResponse, Status> {
    let (origin, seen, text) = checkpoint(api, &request.checkpoint)?;
    let proof = proof(&request.proof).ok_or_else(errors::checkpoint_invalid)?;
    let old_size = request.old_size;
    let add = move |store: &crate::store::Store| {
        store.write(|draft| {
            grown(draft.witnessed(&origin)?, old_size, seen, &proof)?;
            draft.put_witnessed(&origin, seen)
        })
    };
    api.on_disk(add).await?;
    let unix_s = u64::try_from(api.now_ms() / 1_000).unwrap_or_default();
    let cosigned = api.keys.witness.cosign(&text, unix_s);
    Ok(AddCheckpointResponse { cosignature: cosigned.map_err(|_fault| errors::checkpoint_invalid())? })
}

/// Origin, tree and text of a checkpoint that its ledger signed.
fn checkpoint(api: &Api, note: &str) -> Result<(String, Seen, Vec<u8>), Status> {
    let invalid = errors::checkpoint_invalid;
    if note.len() > NOTE_LEN_MAX {
        return Err(invalid());
    }
    let note = Note::from_bytes(note.as_bytes()).map_err(|_note| invalid())?;
    let checkpoint = Checkpoint::from_bytes(note.text()).map_err(|_text| invalid())?;
    let key = api.logs.get(checkpoint.origin()).ok_or_else(errors::log_unknown)?;
    let key = StandardVerifier::new(key).map_err(|_key| errors::log_unknown())?;
    note.verify(&VerifierList::new(vec![Box::new(key)])).map_err(|_forged| invalid())?;
    let seen = Seen { size: checkpoint.size(), root: checkpoint.hash().0 };
    Ok((checkpoint.origin().to_owned(), seen, note.text().to_vec()))
}

fn proof(path: &[Vec<u8>]) -> Option<Vec<Hash>> {
    let hash = |bytes: &Vec<u8>| bytes.as_slice().try_into().ok().map(Hash);
    if path.len() > PROOF_LEN_MAX { None } else { path.iter().map(hash).collect() }
}
