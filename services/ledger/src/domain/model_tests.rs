//! Random histories against a second, much simpler ledger: a list of what was accepted, summed up from scratch each
//! time. Ids come from a small pool, so that retries, conflicts and double resolutions happen all the time.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::memory_books::{MemoryBooks, clerk, hold, hold_for, post, post_pending, terms, void_pending};
use super::{
    AccountId, Action, Kind, LedgerError, Outcome, PendingState, Replay, TransferId, TransferRequest,
    TrialBalance, UnixMicros,
};

const ACCOUNTS: u8 = 4;
/// Account 1 is a payer with this limit; account 2 is a purse that may not be overdrawn.
const LIMIT: i64 = 300;

#[derive(Clone, Debug)]
enum Step {
    Ask(TransferRequest),
    Batch(Vec<TransferRequest>),
    Wait(i64),
}

fn request() -> impl Strategy<Value = TransferRequest> {
    let ids = 1_u128..24;
    (ids.clone(), ids, 1..=ACCOUNTS, 1..=ACCOUNTS, 1_i64..150, 0..5_u8).prop_map(
        |(id, pending, debit, credit, amount, kind)| {
            let (debit, credit) = (terms(debit).id, terms(credit).id);
            match kind {
                0 => post(id, debit, credit, amount),
                1 => hold(id, debit, credit, amount),
                2 => hold_for(amount * 3, id, debit, credit, amount),
                3 => post_pending(id, pending, (amount % 2 == 0).then_some(amount)),
                _ => void_pending(id, pending),
            }
        },
    )
}

fn history() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => request().prop_map(Step::Ask),
        2 => prop::collection::vec(request(), 1..5).prop_map(Step::Batch),
        1 => (1_i64..200).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..80)
}

fn books() -> MemoryBooks {
    let mut books = MemoryBooks::default();
    books.open_with(1, |terms| terms.credit_limit_minor = LIMIT);
    books.open_with(2, |terms| terms.flags.debits_must_not_exceed_credits = true);
    for n in 3..=ACCOUNTS {
        books.open(n);
    }
    books
}

/// The simple ledger.
#[derive(Clone, Default)]
struct Model {
    /// Accepted movements: debit, credit, amount, when it was accepted, lifetime; and what resolved them.
    holds: BTreeMap<TransferId, (AccountId, AccountId, i64, i64, Option<i64>)>,
    resolved: BTreeMap<TransferId, &'static str>,
    posted: Vec<(AccountId, AccountId, i64)>,
    asked: BTreeMap<TransferId, (TransferRequest, bool)>,
    now: i64,
}

impl Model {
    fn expire(&mut self) {
        for (id, (.., born, life)) in &self.holds {
            if life.is_some_and(|life| born + life <= self.now) {
                self.resolved.entry(*id).or_insert("expired");
            }
        }
    }

    /// (debits pending, debits posted, credits pending, credits posted)
    fn sums(&self, account: AccountId) -> [i64; 4] {
        let mut sums = [0; 4];
        for (id, (debit, credit, amount, ..)) in &self.holds {
            if !self.resolved.contains_key(id) {
                sums[0] += if *debit == account { *amount } else { 0 };
                sums[2] += if *credit == account { *amount } else { 0 };
            }
        }
        for (debit, credit, amount) in &self.posted {
            sums[1] += if *debit == account { *amount } else { 0 };
            sums[3] += if *credit == account { *amount } else { 0 };
        }
        sums
    }

    fn allowed(&self, debit: AccountId, credit: AccountId, amount: i64) -> bool {
        let [pending, posted, _, credits] = self.sums(debit);
        let used = pending + posted + amount - credits;
        let bound = if debit == terms(1).id {
            Some(LIMIT)
        } else if debit == terms(2).id {
            Some(0)
        } else {
            None
        };
        debit != credit && bound.is_none_or(|bound| used <= bound)
    }

    /// `None` = the id was used for something else.
    fn ask(&mut self, asked: &TransferRequest) -> Option<bool> {
        if let Some((first, accepted)) = self.asked.get(&asked.id) {
            let whole = |r: &TransferRequest| match &r.action {
                Action::PostPending(r) => r.amount.or_else(|| {
                    self.holds.get(&r.pending_id).and_then(|hold| super::AmountMinor::new(hold.2))
                }),
                _ => None,
            };
            let same = first == asked
                || (*accepted
                    && first.kind() == asked.kind()
                    && first.kind() == Kind::PostPending
                    && first.pending_id() == asked.pending_id()
                    && whole(first) == whole(asked));
            return same.then_some(*accepted);
        }
        let accepted = self.try_ask(asked);
        self.asked.insert(asked.id, (asked.clone(), accepted));
        Some(accepted)
    }

    fn try_ask(&mut self, asked: &TransferRequest) -> bool {
        match &asked.action {
            Action::Post(m) => {
                let ok = self.allowed(m.debit, m.credit, m.amount.get());
                if ok {
                    self.posted.push((m.debit, m.credit, m.amount.get()));
                }
                ok
            }
            Action::Hold { movement: m, timeout_us } => {
                let ok = self.allowed(m.debit, m.credit, m.amount.get());
                if ok {
                    let hold = (m.debit, m.credit, m.amount.get(), self.now, *timeout_us);
                    self.holds.insert(asked.id, hold);
                }
                ok
            }
            Action::PostPending(r) | Action::VoidPending(r) => {
                let Some((debit, credit, held, ..)) = self.holds.get(&r.pending_id).copied() else {
                    return false;
                };
                let amount = r.amount.map_or(held, super::AmountMinor::get);
                if self.resolved.contains_key(&r.pending_id) || amount > held {
                    return false;
                }
                if asked.kind() == Kind::PostPending {
                    self.posted.push((debit, credit, amount));
                }
                self.resolved.insert(r.pending_id, "resolved");
                true
            }
        }
    }

    fn ask_batch(&mut self, batch: &[TransferRequest]) -> bool {
        let before = self.clone();
        let known = batch.iter().filter(|one| self.asked.contains_key(&one.id)).count();
        if known > 0 {
            // Nothing new is decided for ids that are spent; a mixture is refused untouched.
            let same =
                batch.iter().all(|one| self.asked.contains_key(&one.id) && self.ask(one) == Some(true));
            *self = before;
            return same;
        }
        for one in batch {
            if self.ask(one) != Some(true) {
                *self = before;
                self.asked.insert(one.id, (one.clone(), false));
                return false;
            }
        }
        true
    }
}

fn distinct(batch: &[TransferRequest]) -> Vec<TransferRequest> {
    let unique: BTreeMap<_, _> = batch.iter().map(|one| (one.id, one.clone())).collect();
    unique.into_values().collect()
}

fn expire_due(books: &mut MemoryBooks) {
    let open: Vec<_> = books.pendings.keys().copied().collect();
    books.commit(|draft| open.iter().filter(|id| draft.expire(**id).unwrap()).count());
}

fn ok<T>(answer: Result<T, LedgerError>) -> bool {
    match answer {
        Ok(_) => true,
        Err(LedgerError::Refused(_)) => false,
        Err(LedgerError::Storage(error)) => panic!("{error}"),
    }
}

fn run(books: &mut MemoryBooks, step: &Step) -> Option<bool> {
    match step {
        Step::Ask(asked) => Some(ok(books.commit(|draft| draft.accept(&clerk(), asked)))),
        Step::Batch(batch) => Some(ok(books.commit(|draft| draft.accept_linked(&clerk(), &distinct(batch))))),
        Step::Wait(us) => {
            books.now_us += us;
            expire_due(books);
            None
        }
    }
}

fn check_books(books: &MemoryBooks) -> Result<(), TestCaseError> {
    let mut trial = TrialBalance::default();
    books.accounts.values().for_each(|account| trial.add(account));
    prop_assert!(trial.is_balanced());

    let mut replay = Replay::default();
    for record in &books.records {
        prop_assert_eq!(replay.apply(record), Ok(()));
    }
    prop_assert_eq!(replay.accounts(), &books.accounts);
    let open: Vec<_> = replay.open().collect();
    let is_open = |state: &&PendingState| matches!(state, PendingState::Open { .. });
    prop_assert_eq!(open.len(), books.pendings.values().filter(is_open).count());

    let mut resolutions = BTreeMap::new();
    for entry in books.transfers.values() {
        if let Outcome::Accepted(transfer) = &entry.outcome
            && let Some(pending) = transfer.pending_id
        {
            *resolutions.entry(pending).or_insert(0) += 1;
        }
    }
    prop_assert!(resolutions.values().all(|times| *times == 1), "a pending transfer resolves at most once");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_history_agrees_with_the_simple_ledger(history in history()) {
        let (mut books, mut model) = (books(), Model::default());
        for step in &history {
            let answer = run(&mut books, step);
            let expected = match step {
                Step::Ask(asked) => Some(model.ask(asked).unwrap_or(false)),
                Step::Batch(batch) => Some(model.ask_batch(&distinct(batch))),
                Step::Wait(us) => {
                    model.now += us;
                    model.expire();
                    None
                }
            };
            prop_assert_eq!(answer, expected, "{:?}", step);
            for n in 1..=ACCOUNTS {
                prop_assert_eq!(books.sums(terms(n).id), model.sums(terms(n).id), "{:?}", step);
            }
        }
        check_books(&books)?;
    }

    #[test]
    fn retries_and_duplicates_change_nothing(history in history(), again in prop::collection::vec(any::<prop::sample::Index>(), 0..40)) {
        let (mut once, mut often) = (books(), books());
        for (n, step) in history.iter().enumerate() {
            run(&mut once, step);
            run(&mut often, step);
            if !matches!(step, Step::Wait(_)) {
                run(&mut often, step);
            }
            if let Some(index) = again.get(n) {
                let earlier = index.get(&history[..=n]);
                if matches!(earlier, Step::Ask(_)) {
                    run(&mut often, earlier);
                }
            }
        }
        prop_assert_eq!(&once.records, &often.records);
        prop_assert_eq!(once.accounts, often.accounts);
        prop_assert_eq!(once.pendings, often.pendings);
    }

    #[test]
    fn sharing_a_commit_decides_like_a_commit_each(history in history()) {
        let (mut alone, mut shared) = (books(), books());
        let asks: Vec<_> = history.iter().filter(|step| !matches!(step, Step::Wait(_))).collect();
        for step in &asks {
            run(&mut alone, step);
        }
        shared.commit(|draft| {
            for step in &asks {
                match step {
                    Step::Ask(asked) => drop(draft.accept(&clerk(), asked)),
                    Step::Batch(batch) => drop(draft.accept_linked(&clerk(), &distinct(batch))),
                    Step::Wait(_) => {}
                }
            }
        });
        prop_assert_eq!(&alone.records, &shared.records);
        prop_assert_eq!(alone.accounts, shared.accounts);
    }

    #[test]
    fn every_record_is_read_back_as_it_was_written(history in history()) {
        let mut books = books();
        for step in &history {
            run(&mut books, step);
        }
        for record in &books.records {
            let mut read = crate::journal::decode(&crate::journal::encode(record)).unwrap();
            // Which subjects lead to a record is an index beside the journal, not part of its bytes.
            read.subjects.clone_from(&record.subjects);
            read.accounts = record.accounts;
            prop_assert_eq!(&read, record);
        }
        prop_assert!(books.records.iter().all(|record| record.stamp.time <= UnixMicros(books.now_us)));
    }
}
