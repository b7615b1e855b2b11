//! `GetCheckpoint`.

use chit_proto::ledger::v1::{GetCheckpointRequest, GetCheckpointResponse};
use tlog_tiles::{Hash, check_tree, prove_tree, tree_hash};
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
    let stored = tree::Stored(view);
    let root = tree_hash(tree_size, &stored).map_err(tree::storage)?;
    // The index may be damaged. What is signed must be a prefix of the tree that every start and commit computes.
    let proof = prove_tree(head.seq, tree_size, &stored).map_err(tree::storage)?;
    check_tree(&proof, head.seq, Hash(head.root), tree_size, root).map_err(tree::storage)?;
    Ok(Some((tree_size, root.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::memory_books::{clerk, terms};
    use crate::domain::{Draft, UnixMicros};
    use crate::store::{JournalStore, Storage as _};
    use redb::{Database, ReadableTable as _, TableDefinition};

    const HASHES: TableDefinition<u64, &[u8]> = TableDefinition::new("hashes");

    fn open(folder: &std::path::Path) -> JournalStore {
        JournalStore::open(folder).unwrap()
    }

    #[test]
    fn a_root_of_damaged_hashes_is_not_signed() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        let view = store.view().unwrap();
        let mut draft = Draft::new(&*view, UnixMicros(1)).unwrap();
        for n in 1..=8 {
            draft.create_account(&clerk(), terms(n)).unwrap();
        }
        let changes = draft.into_changes();
        store.commit(changes).unwrap();
        drop((view, store));

        // The third leaf is the fourth hash; the start reads the last one only, the root of all eight.
        let index = Database::open(dir.path().join("index.redb")).unwrap();
        let txn = index.begin_write().unwrap();
        {
            let mut hashes = txn.open_table(HASHES).unwrap();
            let mut row = hashes.get(0).unwrap().unwrap().value().to_vec();
            row[3 * 32] ^= 1;
            hashes.insert(0, row.as_slice()).unwrap();
        }
        txn.commit().unwrap();
        drop(index);

        let store = open(dir.path());
        let view = store.view().unwrap();
        assert!(root_of(&*view, 3).is_err());
        assert!(root_of(&*view, 2).unwrap().is_some(), "other hashes prove this one");
    }
}
