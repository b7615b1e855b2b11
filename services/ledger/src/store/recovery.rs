//! Start: finds the end of the journal and applies what the index has not seen. The time this takes is bounded by
//! `LAG_RECORDS_MAX` records, unless the index is rebuilt.

use std::sync::Arc;

use tlog_tiles::{Hash, HashReader};

use super::index::{Found, Index, Snapshot};
use super::index_thread::RECORDS_ENOUGH;
use super::journal_file::{Group, JournalError, JournalFile, SECTOR};
use super::memtable::{Memtable, Position, Written};
use super::open_error::OpenError;
use super::open_mark::OpenMark;
use super::storage::{Head, View as _};
use super::view::StoreView;
use crate::domain::{Draft, RedoFault, Stamp};
use crate::journal::{self, CHAIN_START};
use crate::tree::Frontier;

/// What is committed and not yet in the index, and the right edge of the tree.
pub fn run(journal: &JournalFile, index: &Index) -> Result<(Memtable, Frontier), OpenError> {
    // A killed process may have left a group that was written but not synced; it counts from now on.
    journal.sync()?;
    let position = match index.found()? {
        Found::At { journal: id, position } if id == journal.id() => position,
        Found::At { .. } | Found::OtherVersion => return Err(OpenError::Foreign),
        Found::New => start(journal, index)?,
    };
    let mut frontier = Frontier::read(position.head.seq, &Stored(index.snapshot()?))
        .map_err(|_a_hash_is_missing| OpenError::Foreign)?;
    if frontier.root() != position.head.root {
        return Err(OpenError::Foreign);
    }
    let mut snapshot = Arc::new(index.snapshot()?);
    let earliest_expiry = snapshot.earliest_expiry()?;
    let mut fresh = Memtable::after(Position { earliest_expiry, ..position });
    match view(journal, &snapshot, &fresh).head_matches() {
        Ok(true) => {}
        Ok(false) | Err(_) => return Err(OpenError::NewestDamaged(position.head.seq)),
    }
    let mut next = journal.group(fresh.position.end)?;
    while let Some(group) = next {
        next = journal.group(group.next)?;
        if next.is_none() {
            // The process before may have died because this group could not be made durable.
            journal.write_again(fresh.position.end, group.next)?;
        }
        redo(journal, &snapshot, &mut fresh, &mut frontier, group)?;
        if fresh.records >= RECORDS_ENOUGH {
            index.apply(journal.id(), &fresh)?;
            snapshot = Arc::new(index.snapshot()?);
            fresh = Memtable::after(fresh.position);
        }
    }
    if journal.any_group_from(fresh.position.end)? {
        return Err(JournalError::Damaged(fresh.position.end).into());
    }
    Ok((fresh, frontier))
}

/// An empty index has all its tables, so that readers find them.
fn start(journal: &JournalFile, index: &Index) -> Result<Position, OpenError> {
    let head = Head { seq: 0, hash: CHAIN_START, root: Frontier::default().root() };
    let position =
        Position { head, newest: Stamp::default(), end: SECTOR, largest_id: None, earliest_expiry: None };
    // The very first start may have failed to make the file's header durable.
    journal.write_again(0, SECTOR)?;
    let empty = Memtable::after(position);
    index.apply(journal.id(), &empty)?;
    Ok(position)
}

fn view(journal: &JournalFile, index: &Arc<Snapshot>, fresh: &Memtable) -> StoreView {
    StoreView {
        fresh: fresh.clone(),
        frozen: None,
        journal: journal.clone(),
        index: Arc::clone(index),
        _open: OpenMark::new(),
    }
}

fn redo(
    journal: &JournalFile,
    index: &Arc<Snapshot>,
    fresh: &mut Memtable,
    frontier: &mut Frontier,
    group: Group,
) -> Result<(), OpenError> {
    let start = fresh.position.end;
    let mut head = fresh.position.head;
    if group.first_seq != head.seq + 1 || group.previous != head.hash {
        return Err(OpenError::Contradiction(group.first_seq));
    }
    let view = view(journal, index, fresh);
    let mut draft = Draft::new(&view, fresh.position.newest.time)?;
    let (mut offsets, mut hashes) = (Vec::new(), Vec::new());
    for (offset, stored) in &group.records {
        let contradiction = OpenError::Contradiction(head.seq + 1);
        let Ok(record) = journal::decode(stored) else { return Err(contradiction) };
        match draft.redo(record) {
            Ok(()) => {}
            Err(RedoFault::Contradiction(_)) => return Err(contradiction),
            Err(RedoFault::Storage(error)) => return Err(error.into()),
        }
        head.seq += 1;
        head.hash = journal::chain(&head.hash, stored);
        frontier.append(stored, |hash| hashes.push(hash));
        offsets.push(*offset);
    }
    head.root = frontier.root();
    let changes = draft.into_changes();
    drop(view);
    fresh.absorb(changes, Written { group: start, offsets, hashes, head, end: group.next });
    Ok(())
}

struct Stored(Snapshot);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        let missing = || tlog_tiles::Error::IndexesNotInTree;
        indexes.iter().map(|number| self.0.hash(*number).ok().flatten().ok_or_else(missing)).collect()
    }
}
