//! Makes the index file as small as what is in it. The journal has nothing to give back: it is the history.
//!
//! redb compacts only a file without readers, so a copy is compacted and takes its place: readers keep the old one until
//! they are done, commits continue into the journal, and a kill at any moment leaves one whole index or the other.
//! Meanwhile nothing is indexed; commits wait only if more than `LAG_RECORDS_MAX` of them come.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::Database;

use super::index::{self, Index};
use super::shared::Shared;
use super::storage::{Compacted, CompactionFault};

/// Bytes that a compaction leaves free beside the copy: the journal grows meanwhile, and a full disk stops the ledger.
const ROOM_LEFT: u64 = 64 << 20;

/// The copy that is being compacted.
fn draft_of(index_file: &Path) -> PathBuf {
    index_file.with_extension("redb.draft")
}

/// A compaction that was killed leaves its copy behind.
pub fn clean_up(index_file: &Path) -> io::Result<()> {
    match fs::remove_file(draft_of(index_file)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Only the indexing thread calls it, and only that thread writes the index, so the file does not change.
pub fn run(shared: &Shared) -> Result<Compacted, CompactionFault> {
    let Some(file) = &shared.index_file else { return Ok(Compacted { before: 0, after: 0 }) };
    let before = fs::metadata(file).map_or(0, |known| known.len());
    let needed = before + ROOM_LEFT;
    if free_beside(file).is_some_and(|free| free < needed) {
        return Err(CompactionFault::DiskFull(needed));
    }
    let swapped = compacted_copy(file).and_then(|copy| match fs::metadata(draft_of(file))?.len() < before {
        true => put_in_place(shared, file, copy),
        false => Ok(drop_copy(file, copy)?),
    });
    if let Err(error) = swapped {
        tracing::warn!(%error, "the index is not compacted");
        let _told_already = clean_up(file);
        return Err(match &error {
            redb::Error::Io(cause) if cause.kind() == io::ErrorKind::StorageFull => {
                CompactionFault::DiskFull(needed)
            }
            _ => CompactionFault::Failed(Arc::new(error)),
        });
    }
    let after = fs::metadata(file).map_or(0, |known| known.len());
    tracing::info!(before, after, "the index is compacted");
    Ok(Compacted { before, after })
}

/// Bytes that may still be written beside the file; `None` = the file system does not say.
fn free_beside(file: &Path) -> Option<u64> {
    let known = rustix::fs::statvfs(file.parent()?).ok()?;
    Some(known.f_bavail.saturating_mul(known.f_frsize))
}

fn compacted_copy(file: &Path) -> Result<Database, redb::Error> {
    let draft = draft_of(file);
    fs::copy(file, &draft)?;
    let mut copy = index::open_database(&draft)?;
    copy.compact()?;
    // A kill before the next index commit must not make the next start walk the whole file.
    let mut txn = copy.begin_write()?;
    txn.set_quick_repair(true);
    txn.commit()?;
    File::open(&draft)?.sync_all()?;
    Ok(copy)
}

/// There was nothing to give back: an index that is small already would only grow by what a copy notes for the next start.
fn drop_copy(file: &Path, copy: Database) -> io::Result<()> {
    drop(copy);
    clean_up(file)
}

fn put_in_place(shared: &Shared, file: &Path, copy: Database) -> Result<(), redb::Error> {
    fs::rename(draft_of(file), file)?;
    // From here on the name leads to the copy, so the copy it is, whatever happens. If the power goes before the name is
    // durable, the old index is found, which has merely seen less of the journal.
    let mut state = shared.lock();
    let old = (std::mem::replace(&mut state.index, Index::new(copy)), state.snapshot.take());
    drop(state);
    // Closing a database writes to its file; no lock is held meanwhile.
    drop(old);
    let synced = file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all());
    if let Err(error) = synced {
        tracing::warn!(%error, "the name of the compacted index may not be durable");
    }
    Ok(())
}
