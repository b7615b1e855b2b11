//! The index file becomes smaller; answers, commits and the next start do not notice.

use std::fs;
use std::path::Path;

use super::{JournalStore, Storage};
use crate::domain::memory_books::{clerk, post, terms, ulid};
use crate::domain::{AccountId, AccountTerms, Draft, UnixMicros};
use crate::{audit, history};

fn open(folder: &Path) -> JournalStore {
    JournalStore::open(folder).unwrap()
}

fn decide(store: &JournalStore, change: impl FnOnce(&mut Draft<'_, dyn super::View>)) {
    let view = store.view().unwrap();
    let mut draft = Draft::new(&*view, UnixMicros(0)).unwrap();
    change(&mut draft);
    let changes = draft.into_changes();
    drop(view);
    store.commit(changes).unwrap();
}

fn account(n: u128) -> AccountTerms {
    AccountTerms { id: AccountId::parse(&ulid(n)).unwrap(), ..terms(1) }
}

/// Many small index commits leave many pages unused.
fn fill(store: &JournalStore) {
    decide(store, |draft| {
        for n in 1..=500 {
            draft.create_account(&clerk(), account(n)).unwrap();
        }
    });
    for round in 0..8 {
        decide(store, |draft| {
            for n in 1..500 {
                let asked = post(1 + round * 1000 + n, account(n).id, account(n + 1).id, 1);
                draft.accept(&clerk(), &asked).unwrap();
            }
        });
        store.index_all();
    }
}

#[test]
fn a_compacted_index_is_smaller_and_answers_as_before() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    fill(&store);
    let reader = store.view().unwrap();
    let before = history::account_as_of(&*reader, account(7).id, 2000).unwrap();

    let sizes = store.compact().unwrap();
    assert!(sizes.after < sizes.before, "{sizes:?}");
    assert_eq!(fs::metadata(dir.path().join("index.redb")).unwrap().len(), sizes.after);
    assert!(!dir.path().join("index.redb.draft").exists());

    assert_eq!(history::account_as_of(&*reader, account(7).id, 2000).unwrap(), before, "an older reader");
    drop(reader);
    decide(&store, |draft| {
        draft.accept(&clerk(), &post(100_000, account(1).id, account(2).id, 5)).unwrap();
    });
    let view = store.view().unwrap();
    assert_eq!(history::account_as_of(&*view, account(7).id, 2000).unwrap(), before);
    assert_eq!(audit::verify(&*view).unwrap().problem, None);
    let head = view.head().unwrap();
    drop((view, store));

    let store = open(dir.path());
    let view = store.view().unwrap();
    assert_eq!(view.head().unwrap(), head);
    assert_eq!(audit::verify(&*view).unwrap().problem, None);
}

#[test]
fn an_index_that_has_nothing_to_give_back_does_not_grow() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    decide(&store, |draft| draft.create_account(&clerk(), account(1)).map(drop).unwrap());
    store.index_all();
    for _again in 0..3 {
        let sizes = store.compact().unwrap();
        assert!(sizes.after <= sizes.before, "{sizes:?}");
    }
    assert!(!dir.path().join("index.redb.draft").exists());
    assert_eq!(audit::verify(&*store.view().unwrap()).unwrap().problem, None);
}

#[test]
fn a_killed_compaction_leaves_nothing_behind_and_a_failed_one_leaves_the_index_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let draft = dir.path().join("index.redb.draft");
    fs::write(&draft, b"half a copy").unwrap();
    let store = open(dir.path());
    assert!(!draft.exists());
    fill(&store);
    // A folder in the copy's place: it cannot be written.
    fs::create_dir(&draft).unwrap();
    assert!(store.compact().is_err());
    decide(&store, |draft| {
        draft.accept(&clerk(), &post(100_000, account(1).id, account(2).id, 5)).unwrap();
    });
    store.index_all();
    store.health().unwrap();
    assert_eq!(audit::verify(&*store.view().unwrap()).unwrap().problem, None);
    fs::remove_dir(&draft).unwrap();
    store.compact().unwrap();
}
