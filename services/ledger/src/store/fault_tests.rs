//! Full disks, failing disks, flipped bits: a clear error, and nothing lost.

use std::sync::Arc;

use proptest::prelude::*;
use redb::ReadableTable as _;

use super::journal_file::{GroupBytes, JournalFile, SECTOR};
use super::simulated_disk::{Dice, Power, SimulatedDisk, database};
use super::{Head, JournalStore, Storage};
use crate::audit;
use crate::domain::memory_books::{clerk, hold, post, terms};
use crate::domain::{Draft, StorageError, TransferRequest, UnixMicros};

/// Of one sale each; the first of them opens the accounts.
const GROUPS: u64 = 4;

struct Disks {
    journal: SimulatedDisk,
    index: SimulatedDisk,
}

impl Disks {
    fn new() -> Self {
        let power = Power::default();
        Self { journal: SimulatedDisk::new(&power), index: SimulatedDisk::new(&power) }
    }

    fn open(&self) -> Result<JournalStore, String> {
        let journal = JournalFile::open(Arc::new(self.journal.clone())).map_err(|error| error.to_string())?;
        JournalStore::still(journal, |anew| database(&self.index, anew)).map_err(|error| error.to_string())
    }

    /// What a new process finds; disks are healthy again.
    fn after_kill(&self) -> Self {
        let power = Power::default();
        Self { journal: self.journal.after_kill(&power), index: self.index.after_kill(&power) }
    }
}

fn commit(store: &JournalStore, asked: &[TransferRequest]) -> Result<Head, StorageError> {
    let view = store.view()?;
    let mut draft = Draft::new(&*view, UnixMicros(1))?;
    for n in 1..=2 {
        draft.create_account(&clerk(), terms(n)).unwrap();
    }
    for one in asked {
        draft.accept(&clerk(), one).unwrap();
    }
    let changes = draft.into_changes();
    drop(view);
    store.commit(changes)
}

fn sale(n: u128) -> TransferRequest {
    hold(n, terms(1).id, terms(2).id, 5)
}

fn cause(error: &StorageError) -> String {
    std::error::Error::source(error).map(ToString::to_string).unwrap_or_default()
}

/// The store opens again with what was acknowledged, and takes what was not.
fn opens_again(disks: &Disks, acknowledged: Head, not_acknowledged: &TransferRequest) {
    let store = disks.after_kill().open().unwrap();
    let found = audit::verify(&*store.view().unwrap()).unwrap();
    assert_eq!(found.problem, None);
    assert!(found.head.seq >= acknowledged.seq);
    commit(&store, std::slice::from_ref(not_acknowledged)).unwrap();
    commit(&store, std::slice::from_ref(not_acknowledged)).unwrap();
    let found = audit::verify(&*store.view().unwrap()).unwrap();
    assert_eq!((found.problem, found.head.seq), (None, acknowledged.seq + 1), "it was made once");
}

#[test]
fn a_full_disk_stops_the_ledger_and_a_new_one_opens_cleanly() {
    let disks = Disks::new();
    let store = disks.open().unwrap();
    let acknowledged = commit(&store, &[sale(10)]).unwrap();
    disks.journal.has_room_for(Some(disks.journal.size().unwrap()));
    let error = commit(&store, &[sale(11)]).unwrap_err();
    assert!(cause(&error).contains("No space left"), "{}", cause(&error));
    assert!(store.health().is_err());
    disks.journal.has_room_for(None);
    assert!(commit(&store, &[sale(11)]).is_err(), "the process must stop, whatever the disk says now");
    opens_again(&disks, acknowledged, &sale(11));
}

#[test]
fn after_a_failed_sync_the_disk_is_left_alone() {
    let disks = Disks::new();
    let store = disks.open().unwrap();
    let acknowledged = commit(&store, &[sale(10)]).unwrap();
    disks.journal.fails_to_sync(true);
    let error = commit(&store, &[sale(11)]).unwrap_err();
    assert!(cause(&error).contains("Input/output error"), "{}", cause(&error));
    disks.journal.fails_to_sync(false);
    let before = disks.journal.operations();
    assert!(commit(&store, &[sale(12)]).is_err());
    assert_eq!(disks.journal.operations(), before);
    opens_again(&disks, acknowledged, &sale(11));
}

#[test]
fn a_group_whose_sync_failed_is_made_durable_by_the_next_start() {
    let disks = Disks::new();
    let store = disks.open().unwrap();
    commit(&store, &[sale(10)]).unwrap();
    disks.journal.fails_to_sync(true);
    commit(&store, &[sale(11)]).unwrap_err();
    let restarted = disks.after_kill();
    let store = restarted.open().unwrap();
    let shown = store.view().unwrap().head().unwrap();
    assert_eq!(shown.seq, 4, "the group is readable, so it counts");
    let power = Power::default();
    let journal = restarted.journal.after_power_loss(&mut Dice::new(1), &power);
    let index = SimulatedDisk::new(&power);
    let store = Disks { journal, index }.open().unwrap();
    assert_eq!(store.view().unwrap().head().unwrap(), shown);
}

#[test]
fn an_index_that_cannot_be_written_loses_nothing() {
    for full in [true, false] {
        let disks = Disks::new();
        let store = disks.open().unwrap();
        commit(&store, &[sale(10)]).unwrap();
        store.index_now().unwrap();
        let many: Vec<_> = (100..2000).map(sale).collect();
        let acknowledged = commit(&store, &many).unwrap();
        if full {
            disks.index.has_room_for(Some(disks.index.size().unwrap()));
        } else {
            disks.index.fails_to_sync(true);
        }
        assert!(store.index_now().is_err());
        let view = store.view().unwrap();
        assert_eq!(view.head().unwrap(), acknowledged, "what was committed is still readable");
        opens_again(&disks, acknowledged, &sale(11));
    }
}

#[test]
fn a_panic_while_indexing_ends_the_ledger() {
    let disks = Disks::new();
    let store = disks.open().unwrap();
    let acknowledged = commit(&store, &[sale(10)]).unwrap();
    disks.index.panics(true);
    std::thread::scope(|scope| scope.spawn(|| store.index_until_the_end()).join()).unwrap_err();
    disks.index.panics(false);
    assert!(store.health().is_err());
    assert!(commit(&store, &[sale(11)]).is_err());
    // The panic poisoned locks inside redb: closing it would panic once more.
    std::mem::forget(store);
    opens_again(&disks, acknowledged, &sale(11));
}

#[test]
fn a_damaged_index_is_set_aside_and_the_next_start_makes_a_new_one() {
    let dir = tempfile::tempdir().unwrap();
    let index = dir.path().join("index.redb");
    let store = JournalStore::open(dir.path()).unwrap();
    commit(&store, &[sale(10)]).unwrap();
    drop(store);

    let database = redb::Database::open(&index).unwrap();
    let txn = database.begin_write().unwrap();
    {
        let mut accounts = txn.open_table(super::tables::ACCOUNTS).unwrap();
        let id = terms(1).id.to_bytes();
        let mut row = accounts.get(id).unwrap().unwrap().value().to_vec();
        // The kind of the newest touch: only who adds to the row reads it.
        let kind = row.len() - 17;
        row[kind] = 99;
        accounts.insert(id, row.as_slice()).unwrap();
    }
    txn.commit().unwrap();
    drop(database);

    let store = JournalStore::open(dir.path()).unwrap();
    let acknowledged = commit(&store, &[sale(11)]).unwrap();
    store.index_end();
    assert!(commit(&store, &[sale(12)]).is_err());
    drop(store);
    assert!(dir.path().join("index.redb.damaged").exists() && !index.exists());
    let store = JournalStore::open(dir.path()).unwrap();
    let found = audit::verify(&*store.view().unwrap()).unwrap();
    assert_eq!((found.problem, found.head), (None, acknowledged));
}

#[test]
fn a_deleted_or_foreign_index_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let open = || JournalStore::open(dir.path()).unwrap();
    let store = open();
    let head = commit(&store, &[sale(10), post(11, terms(1).id, terms(2).id, 7)]).unwrap();
    drop(store);
    std::fs::remove_file(dir.path().join("index.redb")).unwrap();
    assert_eq!(audit::verify(&*open().view().unwrap()).unwrap().head, head);

    let other = tempfile::tempdir().unwrap();
    commit(&JournalStore::open(other.path()).unwrap(), &[sale(77)]).unwrap();
    std::fs::copy(other.path().join("index.redb"), dir.path().join("index.redb")).unwrap();
    let found = audit::verify(&*open().view().unwrap()).unwrap();
    assert_eq!((found.head, found.problem), (head, None));

    std::fs::write(dir.path().join("index.redb"), b"redb\x1a\x0a\xa9\x0d\x0a garbage").unwrap();
    let found = audit::verify(&*open().view().unwrap()).unwrap();
    assert_eq!((found.head, found.problem), (head, None), "what is no index at all");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_flipped_bit_is_reported_or_changes_nothing(
        place in any::<prop::sample::Index>(),
        indexed in any::<bool>(),
    ) {
        let disks = Disks::new();
        let store = disks.open().unwrap();
        for n in 0..GROUPS {
            commit(&store, &[sale(10 + u128::from(n))]).unwrap();
        }
        if indexed {
            store.index_now().unwrap();
        }
        let head = store.view().unwrap().head().unwrap();
        let end = store.view().unwrap().entries_after(0, 1000).unwrap().len() as u64;
        prop_assert_eq!(end, head.seq);
        drop(store);
        let after = disks.after_kill();
        let bit = place.index((SECTOR * (1 + GROUPS) * 8) as usize) as u64;
        after.journal.flip(bit);
        match after.open() {
            // An opened ledger says so itself, or is none the worse.
            Ok(store) => {
                let found = audit::verify(&*store.view().unwrap()).unwrap();
                // A newest group that nobody has indexed looks like one that the power tore before it was acknowledged.
                let torn = !indexed && bit / 8 >= SECTOR * GROUPS;
                let whole = found.head == head || (torn && found.head.seq == head.seq - 1);
                prop_assert!(whole || found.problem.is_some(), "{:?}", found.head);
            }
            Err(error) => prop_assert!(error.contains("damaged"), "{}", error),
        }
    }
}

/// One read fetches 512 bytes; a longer record takes another.
#[test]
fn a_record_of_any_length_reads_back_and_nothing_else_is_taken_for_one() {
    let disks = Disks::new();
    let journal = JournalFile::open(Arc::new(disks.journal.clone())).unwrap();
    let bodies = [0, 1, 503, 504, 505, 3_000].map(|len| vec![0x5a; len]);
    let mut group = GroupBytes::new();
    let places = bodies.each_ref().map(|body| SECTOR + group.push(body));
    journal.append(SECTOR, group, 1, &[0; 32]).unwrap();
    for (place, body) in places.iter().zip(&bodies) {
        assert_eq!(&journal.record(*place).unwrap(), body, "at {place}");
        assert!(journal.record(place + 1).is_err(), "behind {place}");
    }
    assert!(journal.record(1 << 30).is_err(), "behind the end");
}
