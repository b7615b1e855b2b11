//! The store against the books in memory: whatever is in the index, being indexed or not yet there.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::journal_file::JournalFile;
use super::simulated_disk::{Power, SimulatedDisk, database};
use super::{JournalStore, Storage};
use crate::domain::memory_books::{
    MemoryBooks, clerk, hold, hold_for, post, post_pending, terms, ulid, void_pending,
};
use crate::domain::{
    Account, Change, Draft, Fact, FactId, FactKind, LedgerError, Outcome, PendingState, Record, Subject,
    TransferRequest, UnixMicros,
};
use crate::{audit, history, journal};

const ACCOUNTS: u8 = 3;

struct Disks {
    journal: SimulatedDisk,
    index: SimulatedDisk,
}

impl Disks {
    fn new() -> Self {
        let power = Power::default();
        Self { journal: SimulatedDisk::new(&power), index: SimulatedDisk::new(&power) }
    }

    fn open(&self) -> JournalStore {
        let journal = JournalFile::open(Arc::new(self.journal.clone())).unwrap();
        JournalStore::still(journal, |anew| database(&self.index, anew)).unwrap()
    }

    fn after_kill(&self) -> Self {
        let power = Power::default();
        Self { journal: self.journal.after_kill(&power), index: self.index.after_kill(&power) }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Group(Vec<TransferRequest>),
    Fact(u8),
    Wait(i64),
    Index,
    /// A group that is committed while the records before it go into the index.
    IndexDuring(Vec<TransferRequest>),
    Kill,
}

fn request() -> impl Strategy<Value = TransferRequest> {
    (1_u128..40, 1_u128..40, 1..=ACCOUNTS, 1..=ACCOUNTS, 1_i64..50, 0..5_u8).prop_map(
        |(id, pending, debit, credit, amount, kind)| match kind {
            0 => post(id, terms(debit).id, terms(credit).id, amount),
            1 => hold(id, terms(debit).id, terms(credit).id, amount),
            2 => hold_for(amount, id, terms(debit).id, terms(credit).id, amount),
            3 => post_pending(id, pending, (amount % 3 == 0).then_some(amount)),
            _ => void_pending(id, pending),
        },
    )
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => prop::collection::vec(request(), 1..5).prop_map(Step::Group),
        1 => (1_u8..9).prop_map(Step::Fact),
        1 => (1_i64..40).prop_map(Step::Wait),
        2 => Just(Step::Index),
        1 => prop::collection::vec(request(), 1..5).prop_map(Step::IndexDuring),
        1 => Just(Step::Kill),
    ];
    prop::collection::vec(step, 1..24)
}

fn fact(n: u8) -> Fact {
    Fact {
        id: FactId::parse(&ulid(u128::from(n))).unwrap(),
        kind: FactKind::Approval,
        subject: Subject::parse("sale").unwrap(),
        sha256: [n; 32],
    }
}

fn settled<T>(answer: Result<T, LedgerError>) {
    match answer {
        Ok(_) | Err(LedgerError::Refused(_)) => {}
        Err(LedgerError::Storage(error)) => panic!("{error:?}"),
    }
}

/// The same decisions on the store and on the books in memory.
fn both(
    store: &JournalStore,
    books: &mut MemoryBooks,
    decide: impl Fn(&mut dyn FnMut(&TransferRequest), &mut dyn FnMut(Fact)),
) {
    let view = store.view().unwrap();
    let mut draft = Draft::new(&*view, UnixMicros(books.now_us)).unwrap();
    for overdue in view.due(draft.now(), 100).unwrap() {
        assert!(draft.expire(overdue).unwrap());
    }
    let cell = std::cell::RefCell::new(&mut draft);
    decide(&mut |one| settled(cell.borrow_mut().accept(&clerk(), one)), &mut |fact| {
        settled(cell.borrow_mut().record_fact(&clerk(), fact));
    });
    let changes = draft.into_changes();
    drop(view);
    store.commit(changes).unwrap();

    let due = books.pendings.iter().filter_map(|(id, state)| match state {
        PendingState::Open { expires: Some(at) } if at.0 <= books.now_us => Some((*at, *id)),
        _ => None,
    });
    let mut due: Vec<_> = due.collect();
    due.sort_unstable();
    books.commit(|draft| {
        for (_, id) in &due {
            assert!(draft.expire(*id).unwrap());
        }
        let cell = std::cell::RefCell::new(draft);
        decide(&mut |one| settled(cell.borrow_mut().accept(&clerk(), one)), &mut |fact| {
            settled(cell.borrow_mut().record_fact(&clerk(), fact));
        });
    });
}

/// Every account as it stood after every record, summed up from the start.
fn all_histories(records: &[Record]) -> Vec<BTreeMap<u8, Account>> {
    let mut replay = crate::domain::Replay::default();
    records
        .iter()
        .map(|record| {
            replay.apply(record).unwrap();
            let find = |n| Some((n, *replay.accounts().get(&terms(n).id)?));
            (1..=ACCOUNTS).filter_map(find).collect()
        })
        .collect()
}

fn open_accounts(store: &JournalStore) -> MemoryBooks {
    let mut books = MemoryBooks::default();
    for n in 1..=ACCOUNTS {
        books.open(n);
        let view = store.view().unwrap();
        let mut draft = Draft::new(&*view, UnixMicros(0)).unwrap();
        draft.create_account(&clerk(), terms(n)).unwrap();
        let changes = draft.into_changes();
        drop(view);
        store.commit(changes).unwrap();
    }
    books
}

#[test]
fn a_hold_that_opens_while_older_records_are_indexed_expires_in_its_time() {
    let store = Disks::new().open();
    let mut books = open_accounts(&store);
    let hold = hold_for(10, 1, terms(1).id, terms(2).id, 5);
    store.index_while(|| both(&store, &mut books, |accept, _| accept(&hold))).unwrap();
    let ids = |now| store.view().unwrap().due(UnixMicros(now), 100).unwrap();
    assert_eq!(ids(books.now_us + 9), []);
    assert_eq!(ids(books.now_us + 10), [hold.id]);
}

fn compare(store: &JournalStore, books: &MemoryBooks) -> Result<(), TestCaseError> {
    let view = store.view().unwrap();
    let entries = view.entries_after(0, 10_000).unwrap();
    let expected: Vec<_> = books.records.iter().map(journal::encode).collect();
    prop_assert_eq!(
        entries.iter().map(|entry| &entry.stored).collect::<Vec<_>>(),
        expected.iter().collect::<Vec<_>>()
    );
    prop_assert_eq!(
        view.accounts_after(None, 100).unwrap(),
        books.accounts.values().copied().collect::<Vec<_>>()
    );
    for (id, entry) in &books.transfers {
        prop_assert_eq!(view.transfer(*id).unwrap(), Some(entry.clone()));
        prop_assert_eq!(view.pending_state(*id).unwrap(), books.pendings.get(id).copied());
    }
    let is_open = |state: &&PendingState| matches!(state, PendingState::Open { .. });
    prop_assert_eq!(view.open_pendings().unwrap(), books.pendings.values().filter(is_open).count() as u64);
    let facts = view.facts_about(&Subject::parse("sale").unwrap(), 100).unwrap();
    prop_assert_eq!(facts.len(), books.facts.len());
    let about = view.about(&Subject::parse("sale").unwrap(), 10_000).unwrap();
    let expected = books.records.iter().filter(|record| !record.subjects.is_empty());
    prop_assert_eq!(
        about.iter().map(|entry| entry.seq).collect::<Vec<_>>(),
        expected.map(|record| record.stamp.seq).collect::<Vec<_>>()
    );
    for n in 1..=ACCOUNTS {
        let listed = view.transfers_of(terms(n).id, 0, 10_000).unwrap();
        let expected = books.records.iter().filter_map(|record| match &record.change {
            Change::Transferred(transfer) => {
                let movement = transfer.movement;
                [movement.debit, movement.credit].contains(&terms(n).id).then_some(record.stamp)
            }
            _ => None,
        });
        prop_assert_eq!(
            listed.iter().map(|entry| entry.stamp).collect::<Vec<_>>(),
            expected.collect::<Vec<_>>()
        );
        prop_assert!(listed.iter().all(|entry| matches!(entry.outcome, Outcome::Accepted(_))));
    }
    for (seq, expected) in (1..).zip(all_histories(&books.records)) {
        for n in 1..=ACCOUNTS {
            let found = history::account_as_of(&*view, terms(n).id, seq).unwrap();
            prop_assert_eq!(found, expected.get(&n).copied(), "account {} as of {}", n, seq);
        }
    }
    prop_assert_eq!(audit::verify(&*view).unwrap().problem, None);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_store_says_what_the_books_say_wherever_its_index_is(steps in steps()) {
        let mut disks = Disks::new();
        let mut store = disks.open();
        let mut books = open_accounts(&store);
        for step in &steps {
            match step {
                Step::Group(asked) => both(&store, &mut books, |accept, _| asked.iter().for_each(accept)),
                Step::Fact(n) => both(&store, &mut books, |_, record| record(fact(*n))),
                Step::Wait(us) => books.now_us += us,
                Step::Index => store.index_now().unwrap(),
                Step::IndexDuring(asked) => {
                    let meanwhile = || both(&store, &mut books, |accept, _| asked.iter().for_each(accept));
                    store.index_while(meanwhile).unwrap();
                }
                Step::Kill => {
                    drop(store);
                    disks = disks.after_kill();
                    store = disks.open();
                }
            }
        }
        compare(&store, &books)?;
        store.index_now().unwrap();
        compare(&store, &books)?;
    }

    #[test]
    fn an_export_replayed_elsewhere_has_the_same_root_and_the_same_state(steps in steps()) {
        let store = Disks::new().open();
        let mut books = MemoryBooks::default();
        let view = store.view().unwrap();
        let mut draft = Draft::new(&*view, UnixMicros(0)).unwrap();
        for n in 1..=ACCOUNTS {
            books.open(n);
            draft.create_account(&clerk(), terms(n)).unwrap();
        }
        let changes = draft.into_changes();
        drop(view);
        store.commit(changes).unwrap();
        for step in &steps {
            match step {
                Step::Group(asked) | Step::IndexDuring(asked) => {
                    both(&store, &mut books, |accept, _| asked.iter().for_each(accept));
                }
                Step::Fact(n) => both(&store, &mut books, |_, record| record(fact(*n))),
                Step::Wait(us) => books.now_us += us,
                Step::Index | Step::Kill => store.index_now().unwrap(),
            }
        }
        let exported = store.view().unwrap().entries_after(0, 10_000).unwrap();
        let copy = Disks::new().open();
        for piece in exported.chunks(7) {
            let view = copy.view().unwrap();
            let mut draft = Draft::new(&*view, UnixMicros(i64::MAX)).unwrap();
            let records = piece.iter().map(|entry| journal::decode(&entry.stored).unwrap()).collect();
            draft.redo_all(records).unwrap().unwrap();
            let changes = draft.into_changes();
            drop(view);
            copy.commit(changes).unwrap();
        }
        prop_assert_eq!(copy.view().unwrap().head().unwrap(), store.view().unwrap().head().unwrap());
        compare(&copy, &books)?;
    }
}
