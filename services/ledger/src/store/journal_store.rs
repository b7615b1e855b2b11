//! The ledger's storage: each commit is one write and one sync of the journal file; the index follows.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::thread;

use redb::Database;

use super::disk::FileDisk;
use super::index::{self, Index};
use super::index_place::{IndexFile, IndexPlace};
use super::index_thread::{self, RECORDS_ENOUGH};
use super::journal_file::{GroupBytes, JOURNAL_FILE, JournalFile};
use super::memtable::Written;
use super::open_error::OpenError;
use super::open_mark::{Closed, OpenMark};
use super::shared::{Shared, State};
use super::storage::{Compacted, CompactionFault, Head, Storage, View};
use super::{migrations, recovery};
use crate::domain::{Changes, StorageError};
use crate::journal;
use crate::tree::Frontier;

/// The index; it may be deleted while the ledger is stopped and is then rebuilt.
pub const INDEX_FILE: &str = "index.redb";

/// Committed records that the index may be behind; a commit waits when it is further. Bounds memory and the time that
/// the next start needs after a kill.
pub const LAG_RECORDS_MAX: usize = 2 * RECORDS_ENOUGH;

/// Memory that is kept for the next group; larger groups are rare.
const BUFFER_MAX: usize = 4 << 20;

/// The ledger's files. Dropping it brings the index up to the journal and closes both.
pub struct JournalStore {
    shared: Arc<Shared>,
    tail: Mutex<Tail>,
    indexing: Option<thread::JoinHandle<()>>,
}

/// What only commits need.
struct Tail {
    frontier: Frontier,
    /// Memory of the group before.
    buffer: Vec<u8>,
}

impl JournalStore {
    /// Opens or creates the ledger in a folder, migrates it, and brings the index up to the journal.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        migrations::run(folder)?;
        let journal = JournalFile::open(Arc::new(FileDisk::open(&folder.join(JOURNAL_FILE))?))?;
        let index_file = folder.join(INDEX_FILE);
        let place = IndexFile(index_file.clone());
        // A compaction that was killed leaves its copy behind.
        place.drop_copy()?;
        let mut store = Self::made_of(journal, Some(Arc::new(place)), |anew| {
            if anew {
                std::fs::remove_file(&index_file)?;
            }
            Ok(index::open_database(&index_file).map_err(Box::new)?)
        })?;
        let shared = Arc::clone(&store.shared);
        let indexing = thread::Builder::new().name("ledger-index".to_owned());
        store.indexing = Some(indexing.spawn(move || index_thread::run(&shared))?);
        Ok(store)
    }

    /// To wait for the end of the store and of each view of it.
    pub fn closed(&self) -> Closed {
        self.shared.open.closed()
    }

    /// Opens a ledger without the indexing thread. `database(true)` throws the index away first: it can always be
    /// rebuilt from the journal.
    #[cfg(test)]
    pub fn still(
        journal: JournalFile,
        database: impl FnMut(bool) -> Result<Database, OpenError>,
    ) -> Result<Self, OpenError> {
        Self::made_of(journal, None, database)
    }

    fn made_of(
        journal: JournalFile,
        index_place: Option<Arc<dyn IndexPlace>>,
        mut database: impl FnMut(bool) -> Result<Database, OpenError>,
    ) -> Result<Self, OpenError> {
        let opened = match database(false) {
            Err(OpenError::Redb(error)) if index::is_damaged(&error) => {
                tracing::warn!(%error, "the index is damaged and is rebuilt from the journal");
                database(true)
            }
            opened => opened,
        };
        let mut index = Index::new(opened?);
        let recovered = match recovery::run(&journal, &index) {
            Err(OpenError::Foreign) => {
                tracing::warn!("the index does not fit the journal and is rebuilt");
                drop(index);
                index = Index::new(database(true)?);
                recovery::run(&journal, &index)
            }
            recovered => recovered,
        };
        let (fresh, frontier) = recovered?;
        let state = State {
            index,
            compactions: Vec::new(),
            allocated: journal.len()?,
            reserved: fresh.position.end,
            extending: None,
            fresh,
            frozen: None,
            snapshot: None,
            failed: None,
            closing: false,
        };
        let shared = Arc::new(Shared {
            journal,
            index_place,
            state: Mutex::new(state),
            changed: Condvar::new(),
            open: OpenMark::new(),
        });
        Ok(Self { shared, tail: Mutex::new(Tail { frontier, buffer: Vec::new() }), indexing: None })
    }

    /// The same with an index that can be compacted, by [`Self::compact_now`].
    #[cfg(test)]
    pub fn still_at(
        journal: JournalFile,
        place: Arc<dyn IndexPlace>,
        database: impl FnMut(bool) -> Result<Database, OpenError>,
    ) -> Result<Self, OpenError> {
        Self::made_of(journal, Some(place), database)
    }

    #[cfg(test)]
    pub fn compact_now(&self) -> Result<Compacted, CompactionFault> {
        super::compaction::run(&self.shared)
    }

    #[cfg(test)]
    pub fn index_now(&self) -> Result<(), StorageError> {
        self.index_while(|| {})
    }

    /// What `meanwhile` commits comes after the records that are being indexed.
    #[cfg(test)]
    pub fn index_while(&self, meanwhile: impl FnOnce()) -> Result<(), StorageError> {
        index_thread::turn(&self.shared, meanwhile)
    }

    /// The indexing thread's work on the caller's.
    #[cfg(test)]
    pub fn index_until_the_end(&self) {
        index_thread::run(&self.shared);
    }

    /// Waits until nothing more is indexed.
    #[cfg(test)]
    pub fn index_end(&self) {
        let mut state = self.shared.lock();
        while state.failed.is_none() {
            state = self.shared.wait(state);
        }
    }

    /// Waits until the indexing thread has nothing left to do.
    #[cfg(test)]
    pub fn index_all(&self) {
        let mut state = self.shared.lock();
        while state.fresh.records > 0 || state.frozen.is_some() {
            state = self.shared.wait(state);
        }
    }

    /// Waits until the index is near enough and the place of the group is free; or says why that never happens.
    fn reserve(&self, group_end: u64) -> Result<(), StorageError> {
        let mut state = self.shared.lock();
        loop {
            if let Some(failed) = &state.failed {
                return Err(StorageError::new(failed.clone()));
            }
            let behind = state.fresh.records + state.frozen.as_ref().map_or(0, |table| table.records);
            let in_the_way = state.extending.is_some_and(|from| group_end > from);
            if behind < LAG_RECORDS_MAX && !in_the_way {
                state.reserved = group_end;
                return Ok(());
            }
            state = self.shared.wait(state);
        }
    }
}

impl Storage for JournalStore {
    fn view(&self) -> Result<Box<dyn View>, StorageError> {
        Ok(Box::new(self.shared.view()?))
    }

    fn health(&self) -> Result<(), StorageError> {
        match &self.shared.lock().failed {
            Some(failed) => Err(StorageError::new(failed.clone())),
            None => Ok(()),
        }
    }

    fn compact(&self) -> Result<Compacted, CompactionFault> {
        let (answer, done) = mpsc::channel();
        let mut state = self.shared.lock();
        if state.failed.is_some() || state.closing {
            return Err(CompactionFault::Stopping);
        }
        state.compactions.push(answer);
        drop(state);
        self.shared.changed.notify_all();
        done.recv().map_err(|_the_thread_ended| CompactionFault::Stopping)?
    }

    fn commit(&self, changes: Changes) -> Result<Head, StorageError> {
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut head, group) = {
            let position = self.shared.lock().fresh.position;
            (position.head, position.end)
        };
        let Some(first) = changes.records.first() else { return Ok(head) };
        let (first_seq, previous) = (first.stamp.seq, head.hash);
        let mut bytes = GroupBytes::within(std::mem::take(&mut tail.buffer));
        let mut offsets = Vec::with_capacity(changes.records.len());
        let mut hashes = Vec::with_capacity(2 * changes.records.len());
        let mut grown = tail.frontier.clone();
        for record in &changes.records {
            if record.stamp.seq != head.seq + 1 {
                return Err(self.shared.fail(&"a commit does not continue the journal"));
            }
            let stored = journal::encode(record);
            head.seq = record.stamp.seq;
            head.hash = journal::chain(&head.hash, &stored);
            grown.append(&stored, |hash| hashes.push(hash));
            offsets.push(group + bytes.push(&stored));
        }
        head.root = grown.root();
        let end = group + bytes.padded_len();
        self.reserve(end)?;
        // After a failed sync the disk's content is unknown: this process must write no more.
        tail.buffer = self
            .shared
            .journal
            .append(group, bytes, first_seq, &previous)
            .map_err(|error| self.shared.fail(&format!("the journal cannot be written: {error}")))?;
        // Nothing shrinks below what it holds.
        tail.buffer.clear();
        tail.buffer.shrink_to(BUFFER_MAX);
        tail.frontier = grown;
        let mut state = self.shared.lock();
        let before = state.fresh.records;
        state.allocated = state.allocated.max(end);
        state.fresh.absorb(changes, Written { group, offsets, hashes, head, end });
        let wake = before == 0 || state.fresh.records >= RECORDS_ENOUGH;
        drop(state);
        if wake {
            self.shared.changed.notify_all();
        }
        Ok(head)
    }
}

impl Drop for JournalStore {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.closing = true;
        state.snapshot = None;
        drop(state);
        self.shared.changed.notify_all();
        if let Some(indexing) = self.indexing.take() {
            let _panicked_and_said_so = indexing.join();
        }
    }
}
