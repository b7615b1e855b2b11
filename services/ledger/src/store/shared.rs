//! What commits, readers and the indexing thread share.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};

use super::index::{Index, Snapshot};
use super::index_place::IndexPlace;
use super::journal_file::JournalFile;
use super::memtable::Memtable;
use super::open_mark::OpenMark;
use super::storage::{Compacted, CompactionFault};
use super::view::StoreView;
use crate::domain::StorageError;

/// Where the outcome of a compaction goes.
pub type Answer = mpsc::Sender<Result<Compacted, CompactionFault>>;

pub struct Shared {
    pub journal: JournalFile,
    /// `None` = the index is not in a file of its own (tests).
    pub index_place: Option<Arc<dyn IndexPlace>>,
    pub state: Mutex<State>,
    /// Something for the indexing thread to do, or something it did.
    pub changed: Condvar,
    /// Behind all that holds the files.
    pub open: OpenMark,
}

pub struct State {
    pub index: Index,
    /// Who waits for the index to be compacted.
    pub compactions: Vec<Answer>,
    pub fresh: Memtable,
    pub frozen: Option<Arc<Memtable>>,
    /// The index as it stood before `frozen` was taken in; all views share it.
    pub snapshot: Option<Arc<Snapshot>>,
    /// Allocated length of the journal file.
    pub allocated: u64,
    /// Where the group ends that is being written.
    pub reserved: u64,
    /// From where the file is being lengthened now.
    pub extending: Option<u64>,
    /// Why nothing more can be stored.
    pub failed: Option<String>,
    pub closing: bool,
}

impl Shared {
    pub fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves the state whole: it is changed in single steps.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    pub fn view(&self) -> Result<StoreView, StorageError> {
        let mut state = self.lock();
        let index = match &state.snapshot {
            Some(snapshot) => Arc::clone(snapshot),
            None => Arc::new(state.index.snapshot()?),
        };
        state.snapshot = Some(Arc::clone(&index));
        Ok(StoreView {
            fresh: state.fresh.clone(),
            frozen: state.frozen.clone(),
            journal: self.journal.clone(),
            index,
            _open: self.open.clone(),
        })
    }

    pub fn fail(&self, what: &dyn std::fmt::Display) -> StorageError {
        let mut state = self.lock();
        let first = state.failed.get_or_insert_with(|| what.to_string()).clone();
        self.changed.notify_all();
        StorageError::new(first)
    }
}
