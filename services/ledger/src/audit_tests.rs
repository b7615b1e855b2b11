//! The stored file against random histories, reopening and tampering.

use std::path::Path;

use proptest::prelude::*;
use redb::{Database, ReadableTable as _, TableDefinition};

use crate::audit::{self, Audit};
use crate::domain::memory_books::{clerk, hold, hold_for, post, post_pending, terms, ulid, void_pending};
use crate::domain::{Draft, LedgerError, TransferRequest, UnixMicros};
use crate::store::{JournalStore, Storage};

fn commit(store: &JournalStore, now: i64, asked: &[TransferRequest]) {
    let view = store.view().unwrap();
    let mut draft = Draft::new(&*view, UnixMicros(now)).unwrap();
    for overdue in view.due(draft.now(), 100).unwrap() {
        assert!(draft.expire(overdue).unwrap());
    }
    for one in asked {
        match draft.accept(&clerk(), one) {
            Ok(_) | Err(LedgerError::Refused(_)) => {}
            Err(LedgerError::Storage(error)) => panic!("{error:?}"),
        }
    }
    let changes = draft.into_changes();
    drop(view);
    store.commit(changes).unwrap();
}

fn open(folder: &Path) -> JournalStore {
    std::fs::create_dir_all(folder).unwrap();
    JournalStore::open(folder).unwrap()
}

fn store_with_accounts(folder: &Path) -> JournalStore {
    let store = open(folder);
    let view = store.view().unwrap();
    let mut draft = Draft::new(&*view, UnixMicros(1)).unwrap();
    for n in 1..=3 {
        draft.create_account(&clerk(), terms(n)).unwrap();
    }
    let changes = draft.into_changes();
    drop(view);
    store.commit(changes).unwrap();
    store
}

fn audit(store: &JournalStore) -> Audit {
    audit::verify(&*store.view().unwrap()).unwrap()
}

fn request() -> impl Strategy<Value = TransferRequest> {
    (1_u128..30, 1_u128..30, 1_u8..=3, 1_u8..=3, 1_i64..50, 0..5_u8).prop_map(
        |(id, pending, debit, credit, amount, kind)| match kind {
            0 => post(id, terms(debit).id, terms(credit).id, amount),
            1 => hold(id, terms(debit).id, terms(credit).id, amount),
            2 => hold_for(amount, id, terms(debit).id, terms(credit).id, amount),
            3 => post_pending(id, pending, None),
            _ => void_pending(id, pending),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn what_is_stored_follows_from_the_journal_after_any_history_and_a_reopening(
        groups in prop::collection::vec(prop::collection::vec(request(), 1..8), 1..10)
    ) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ledger");
        let store = store_with_accounts(&file);
        for (n, group) in groups.iter().enumerate() {
            commit(&store, 10 * n as i64, group);
        }
        let before = audit(&store);
        prop_assert_eq!(&before.problem, &None);
        prop_assert_eq!(before.records, before.head.seq);
        drop(store);
        prop_assert_eq!(audit(&open(&file)), before);
    }
}

/// A small honest ledger, closed.
fn written(file: &Path) {
    let store = store_with_accounts(file);
    let (payer, shop) = (terms(1).id, terms(2).id);
    commit(&store, 2, &[hold(10, payer, shop, 500), hold(11, payer, shop, 70)]);
    commit(&store, 3, &[post_pending(12, 10, None)]);
    assert_eq!(audit(&store).problem, None);
}

fn tamper<K: redb::Key + 'static>(
    file: &Path,
    table: &str,
    key: K::SelfType<'_>,
    edit: impl FnOnce(&mut Vec<u8>),
) {
    let database = Database::open(file).unwrap();
    let txn = database.begin_write().unwrap();
    {
        let mut table = txn.open_table(TableDefinition::<K, &[u8]>::new(table)).unwrap();
        let mut bytes = table.get(&key).unwrap().unwrap().value().to_vec();
        edit(&mut bytes);
        table.insert(&key, bytes.as_slice()).unwrap();
    }
    txn.commit().unwrap();
}

fn problem_seq(folder: &Path) -> Option<u64> {
    audit(&open(folder)).problem.map(|problem| problem.seq)
}

/// Changes the journal file in the middle of the text `what`, which is in one record only.
fn tamper_journal(folder: &Path, what: &str) {
    let file = folder.join("journal.chit");
    let mut bytes = std::fs::read(&file).unwrap();
    let place = bytes.windows(what.len()).position(|window| window == what.as_bytes()).unwrap();
    bytes[place + what.len() - 1] ^= 1;
    std::fs::write(&file, bytes).unwrap();
}

#[test]
fn a_changed_record_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("ledger");
    written(&folder);
    // Transfer 11 is record 5, in the group of records 4 and 5: a group is readable whole or not at all.
    tamper_journal(&folder, &ulid(11));
    assert_eq!(problem_seq(&folder), Some(4));
}

#[test]
fn a_changed_balance_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("ledger");
    written(&folder);
    tamper::<[u8; 16]>(&folder.join("index.redb"), "accounts", terms(1).id.to_bytes(), |row| {
        *row.last_mut().unwrap() ^= 1;
    });
    assert_eq!(problem_seq(&folder), Some(0));
}

#[test]
fn a_changed_newest_record_keeps_the_ledger_from_starting() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("ledger");
    written(&folder);
    tamper_journal(&folder, &ulid(12));
    let opened = JournalStore::open(&folder);
    let error = opened.map(drop).unwrap_err();
    assert!(error.to_string().contains("missing or damaged"), "{error}");
}
