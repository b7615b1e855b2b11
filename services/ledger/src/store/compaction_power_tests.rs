//! The power goes amid a compaction: one whole index is found, and nothing of the ledger is lost.

use std::io;
use std::sync::Arc;

use chit_failing_disk::{Dice, Power, SimulatedFolder};
use redb::Database;

use super::index_place::IndexPlace;
use super::journal_file::JournalFile;
use super::open_error::OpenError;
use super::simulated_disk::SimulatedDisk;
use super::{Head, JournalStore, Storage};
use crate::audit;
use crate::domain::memory_books::{clerk, hold, terms};
use crate::domain::{Draft, UnixMicros};

const INDEX: &str = "index.redb";
const COPY: &str = "index.redb.draft";
/// Moments at which the power goes, spread over the compaction.
const MOMENTS: u64 = 40;

struct Place(SimulatedFolder);

impl Place {
    fn file(&self, name: &str) -> io::Result<SimulatedDisk> {
        self.0.find(name).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl IndexPlace for Place {
    fn len(&self) -> io::Result<u64> {
        self.file(INDEX)?.size()
    }

    fn free(&self) -> Option<u64> {
        None
    }

    fn copy(&self) -> Result<Database, redb::Error> {
        Ok(self.0.copy(INDEX, COPY)?.database()?)
    }

    fn copy_len(&self) -> io::Result<u64> {
        self.file(COPY)?.size()
    }

    fn sync_copy(&self) -> io::Result<()> {
        self.file(COPY)?.sync()
    }

    fn put_copy_in_place(&self) -> io::Result<()> {
        self.0.rename(COPY, INDEX)
    }

    fn sync_names(&self) -> io::Result<()> {
        self.0.sync()
    }

    fn drop_copy(&self) -> io::Result<()> {
        if self.0.find(COPY).is_some() { self.0.remove(COPY) } else { Ok(()) }
    }

    fn set_aside(&self) -> io::Result<String> {
        panic!("the index is damaged")
    }
}

/// A ledger's two files on one disk.
struct Files {
    journal: SimulatedDisk,
    folder: SimulatedFolder,
    power: Power,
}

impl Files {
    fn new() -> Self {
        let power = Power::default();
        let folder = SimulatedFolder::new(&power);
        Self { journal: SimulatedDisk::new(&power), folder, power }
    }

    /// Opened as it lies there; a rebuilt index is no index that was found whole.
    fn open(&self) -> JournalStore {
        let journal = JournalFile::open(Arc::new(self.journal.clone())).unwrap();
        let index = self.folder.open(INDEX).unwrap();
        let database = |anew: bool| -> Result<Database, OpenError> {
            assert!(!anew, "the index is damaged");
            Ok(index.database().map_err(Box::new)?)
        };
        JournalStore::still_at(journal, Arc::new(Place(self.folder.clone())), database).unwrap()
    }

    fn after_power_loss(&self, dice: &mut Dice) -> Self {
        let power = Power::default();
        let journal = self.journal.after_power_loss(dice, &power);
        let folder = self.folder.after_power_loss(dice, &power);
        Self { journal, folder, power }
    }
}

fn commit(store: &JournalStore, holds: std::ops::Range<u128>) -> Head {
    let view = store.view().unwrap();
    let mut draft = Draft::new(&*view, UnixMicros(1)).unwrap();
    for n in 1..=2 {
        draft.create_account(&clerk(), terms(n)).unwrap();
    }
    for n in holds {
        draft.accept(&clerk(), &hold(n, terms(1).id, terms(2).id, 5)).unwrap();
    }
    let changes = draft.into_changes();
    drop(view);
    store.commit(changes).unwrap()
}

/// Many small index commits leave many pages unused; some records are not in the index yet.
fn fill(store: &JournalStore) -> Head {
    for round in 1..6 {
        commit(store, round * 1000..round * 1000 + 200);
        store.index_now().unwrap();
    }
    commit(store, 9000..9050)
}

/// Writes and syncs of a compaction that nothing disturbs.
fn operations_of_a_compaction() -> u64 {
    let files = Files::new();
    let store = files.open();
    fill(&store);
    files.folder.sync().unwrap();
    let before = files.power.spent();
    let sizes = store.compact_now().unwrap();
    assert!(sizes.after < sizes.before, "{sizes:?}");
    files.power.spent() - before
}

#[test]
fn the_power_may_go_at_any_moment_of_a_compaction_and_one_whole_index_is_found() {
    let whole = operations_of_a_compaction();
    for at in 0..MOMENTS {
        let files = Files::new();
        let store = files.open();
        let head = fill(&store);
        files.folder.sync().unwrap();
        let moment = at * whole / MOMENTS;
        files.power.goes_after(moment);
        // It may have come to its end before the power went.
        let _cut_short = store.compact_now();
        let mut dice = Dice::new(at);
        let left = files.after_power_loss(&mut dice);
        drop(store);
        Place(left.folder.clone()).drop_copy().unwrap();
        let store = left.open();
        let found = audit::verify(&*store.view().unwrap()).unwrap();
        assert_eq!((found.problem, found.head), (None, head), "after {moment} of {whole} writes");
        let sizes = store.compact_now().unwrap();
        assert!(sizes.after <= sizes.before, "{sizes:?}");
        let found = audit::verify(&*store.view().unwrap()).unwrap();
        assert_eq!((found.problem, found.head), (None, head), "compacted after {moment} of {whole} writes");
    }
}
