//! Makes the index file as small as what is in it. The journal has nothing to give back: it is the history.
//!
//! redb compacts only a file without readers, so a copy is compacted and takes its place: readers keep the old one until
//! they are done, commits continue into the journal, and a kill at any moment leaves one whole index or the other.
//! Meanwhile nothing is indexed; commits wait only if more than `LAG_RECORDS_MAX` of them come.

use std::io;
use std::sync::Arc;

use redb::Database;

use super::index::Index;
use super::index_place::IndexPlace;
use super::shared::Shared;
use super::storage::{Compacted, CompactionFault};

/// Bytes that a compaction leaves free beside the copy: the journal grows meanwhile, and a full disk stops the ledger.
const ROOM_LEFT: u64 = 64 << 20;

/// Only the indexing thread calls it, and only that thread writes the index, so the file does not change.
pub fn run(shared: &Shared) -> Result<Compacted, CompactionFault> {
    let Some(place) = &shared.index_place else { return Ok(Compacted { before: 0, after: 0 }) };
    let before = place.len().unwrap_or(0);
    let needed = before + ROOM_LEFT;
    if place.free().is_some_and(|free| free < needed) {
        return Err(CompactionFault::DiskFull(needed));
    }
    let swapped = compacted_copy(&**place).and_then(|copy| match place.copy_len()? < before {
        true => put_in_place(shared, &**place, copy),
        false => Ok(drop_copy(&**place, copy)?),
    });
    if let Err(error) = swapped {
        tracing::warn!(%error, "the index is not compacted");
        let _told_already = place.drop_copy();
        return Err(match &error {
            redb::Error::Io(cause) if cause.kind() == io::ErrorKind::StorageFull => {
                CompactionFault::DiskFull(needed)
            }
            _ => CompactionFault::Failed(Arc::new(error)),
        });
    }
    let after = place.len().unwrap_or(0);
    tracing::info!(before, after, "the index is compacted");
    Ok(Compacted { before, after })
}

fn compacted_copy(place: &dyn IndexPlace) -> Result<Database, redb::Error> {
    let mut copy = place.copy()?;
    copy.compact()?;
    // A kill before the next index commit must not make the next start walk the whole file.
    let mut txn = copy.begin_write()?;
    txn.set_quick_repair(true);
    txn.commit()?;
    place.sync_copy()?;
    Ok(copy)
}

/// There was nothing to give back: an index that is small already would only grow by what a copy notes for the next start.
fn drop_copy(place: &dyn IndexPlace, copy: Database) -> io::Result<()> {
    drop(copy);
    place.drop_copy()
}

fn put_in_place(shared: &Shared, place: &dyn IndexPlace, copy: Database) -> Result<(), redb::Error> {
    place.put_copy_in_place()?;
    // From here on the name leads to the copy, so the copy it is, whatever happens. If the power goes before the name is
    // durable, the old index is found, which has merely seen less of the journal.
    let mut state = shared.lock();
    let old = (std::mem::replace(&mut state.index, Index::new(copy)), state.snapshot.take());
    drop(state);
    // Closing a database writes to its file; no lock is held meanwhile.
    drop(old);
    if let Err(error) = place.sync_names() {
        tracing::warn!(%error, "the name of the compacted index may not be durable");
    }
    Ok(())
}
