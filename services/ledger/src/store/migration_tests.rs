//! Folders of older layouts open and lose nothing.

use std::path::Path;

use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};

use super::{JournalStore, Storage};
use crate::audit;
use crate::domain::Record;
use crate::domain::memory_books::{MemoryBooks, hold, hold_for, post, post_pending, terms};
use crate::journal::{self, CHAIN_START};

const JOURNAL: TableDefinition<u64, &[u8]> = TableDefinition::new("journal");
const CHAIN: TableDefinition<u64, [u8; 32]> = TableDefinition::new("chain");
const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

fn history() -> MemoryBooks {
    let mut books = MemoryBooks::default();
    let (payer, shop) = (books.open(1), books.open(2));
    books.ask(&hold(10, payer, shop, 500)).unwrap();
    books.ask(&hold_for(5, 11, payer, shop, 70)).unwrap();
    books.ask(&post_pending(12, 10, None)).unwrap();
    books.now_us = 100;
    for n in 0..1500 {
        books.ask(&post(1000 + n, payer, shop, 1)).unwrap();
    }
    books
}

/// The file as layout 1 had it, as far as the migration reads it.
fn write_layout_1(folder: &Path, records: &[Record], schema: u64) {
    let database = Database::create(folder.join("ledger.redb")).unwrap();
    let txn = database.begin_write().unwrap();
    {
        let (mut journal, mut chain) = (txn.open_table(JOURNAL).unwrap(), txn.open_table(CHAIN).unwrap());
        let mut hash = CHAIN_START;
        for record in records {
            let stored = journal::encode(record);
            hash = journal::chain(&hash, &stored);
            journal.insert(record.stamp.seq, stored.as_slice()).unwrap();
            chain.insert(record.stamp.seq, hash).unwrap();
        }
        txn.open_table(META).unwrap().insert("schema", schema).unwrap();
    }
    txn.commit().unwrap();
}

fn open(folder: &Path) -> Result<JournalStore, String> {
    JournalStore::open(folder).map_err(|error| error.to_string())
}

#[test]
fn from_1_to_2_every_record_keeps_its_bytes_and_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let books = history();
    write_layout_1(dir.path(), &books.records, 1);
    // Killed in the middle of an earlier try.
    std::fs::write(dir.path().join("journal.chit.draft"), b"half").unwrap();
    for _start in 0..2 {
        let store = open(dir.path()).unwrap();
        let view = store.view().unwrap();
        let found = audit::verify(&*view).unwrap();
        assert_eq!((found.problem, found.records), (None, books.records.len() as u64));
        let stored = view.entries_after(0, usize::MAX).unwrap();
        assert!(
            stored.iter().map(|entry| &entry.stored).eq(books
                .records
                .iter()
                .map(journal::encode)
                .collect::<Vec<_>>()
                .iter())
        );
        for n in 1..=2 {
            let id = terms(n).id;
            assert_eq!(view.account(id).unwrap(), books.accounts.get(&id).copied());
        }
    }
    assert!(dir.path().join("ledger-v1.redb").exists());
    assert!(!dir.path().join("ledger.redb").exists());
}

#[test]
fn an_index_of_another_version_is_made_anew_from_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let books = history();
    write_layout_1(dir.path(), &books.records, 1);
    let head = open(dir.path()).unwrap().view().unwrap().head().unwrap();
    // As the first version had it: another number, and ids one to a row.
    let file = dir.path().join("index.redb");
    std::fs::remove_file(&file).unwrap();
    let database = Database::create(&file).unwrap();
    let txn = database.begin_write().unwrap();
    {
        let meta: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
        txn.open_table(meta).unwrap().insert("position", [1; 125].as_slice()).unwrap();
        let transfers: TableDefinition<[u8; 16], u64> = TableDefinition::new("transfers");
        txn.open_table(transfers).unwrap().insert([1; 16], 7).unwrap();
    }
    txn.commit().unwrap();
    drop(database);
    let store = open(dir.path()).unwrap();
    let found = audit::verify(&*store.view().unwrap()).unwrap();
    assert_eq!((found.problem, found.head), (None, head));
}

#[test]
fn an_empty_old_file_becomes_an_empty_ledger() {
    let dir = tempfile::tempdir().unwrap();
    write_layout_1(dir.path(), &[], 1);
    assert_eq!(open(dir.path()).unwrap().view().unwrap().head().unwrap().seq, 0);
}

#[test]
fn an_old_file_of_a_newer_schema_or_with_a_broken_chain_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    write_layout_1(dir.path(), &history().records, 99);
    let error = open(dir.path()).map(drop).unwrap_err();
    assert!(error.contains("schema 99"), "{error}");

    let dir = tempfile::tempdir().unwrap();
    write_layout_1(dir.path(), &history().records, 1);
    let database = Database::create(dir.path().join("ledger.redb")).unwrap();
    let txn = database.begin_write().unwrap();
    txn.open_table(CHAIN).unwrap().insert(7, [0; 32]).unwrap();
    txn.commit().unwrap();
    drop(database);
    let error = open(dir.path()).map(drop).unwrap_err();
    assert!(error.contains("record 7 "), "{error}");
    let database = Database::create(dir.path().join("ledger.redb")).unwrap();
    assert!(database.begin_read().unwrap().open_table(JOURNAL).unwrap().last().unwrap().is_some());
}
