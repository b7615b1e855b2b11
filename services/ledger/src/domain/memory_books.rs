//! Books in memory, for the tests of the rules, and short ways to write requests down.

use std::collections::BTreeMap;

use super::{
    Account, AccountFlags, AccountId, AccountTerms, Action, Actor, AmountMinor, Books, Changes, Currency,
    Draft, FactId, LedgerError, Movement, PendingState, Reason, Record, RecordedFact, Resolution, Stamp,
    StorageError, Subject, TransferEntry, TransferId, TransferRequest, UnixMicros,
};

#[derive(Default)]
pub struct MemoryBooks {
    pub accounts: BTreeMap<AccountId, Account>,
    pub transfers: BTreeMap<TransferId, TransferEntry>,
    pub pendings: BTreeMap<TransferId, PendingState>,
    pub facts: BTreeMap<FactId, RecordedFact>,
    pub records: Vec<Record>,
    pub now_us: i64,
}

impl Books for MemoryBooks {
    fn newest(&self) -> Result<Stamp, StorageError> {
        Ok(self.records.last().map_or(Stamp::default(), |record| record.stamp))
    }

    fn account(&self, id: AccountId) -> Result<Option<Account>, StorageError> {
        Ok(self.accounts.get(&id).copied())
    }

    fn transfer(&self, id: TransferId) -> Result<Option<TransferEntry>, StorageError> {
        Ok(self.transfers.get(&id).cloned())
    }

    fn pending_state(&self, id: TransferId) -> Result<Option<PendingState>, StorageError> {
        Ok(self.pendings.get(&id).copied())
    }

    fn fact(&self, id: FactId) -> Result<Option<RecordedFact>, StorageError> {
        Ok(self.facts.get(&id).cloned())
    }
}

impl MemoryBooks {
    pub fn commit<T>(&mut self, decide: impl FnOnce(&mut Draft<'_, Self>) -> T) -> T {
        let mut draft = Draft::new(self, UnixMicros(self.now_us)).unwrap();
        let answer = decide(&mut draft);
        let changes = draft.into_changes();
        self.absorb(changes);
        answer
    }

    fn absorb(&mut self, changes: Changes) {
        self.accounts.extend(changes.accounts);
        self.pendings.extend(changes.pendings);
        self.facts.extend(changes.facts);
        for (id, place) in &changes.transfers {
            self.transfers.extend(changes.records[*place].spent().map(|entry| (*id, entry)));
        }
        self.records.extend(changes.records);
    }

    /// Opens an account without rules.
    pub fn open(&mut self, n: u8) -> AccountId {
        self.open_with(n, |_| {})
    }

    pub fn open_with(&mut self, n: u8, agree: impl FnOnce(&mut AccountTerms)) -> AccountId {
        let mut terms = terms(n);
        agree(&mut terms);
        self.commit(|draft| draft.create_account(&clerk(), terms)).unwrap();
        terms.id
    }

    /// The reason of a refusal.
    pub fn ask(&mut self, asked: &TransferRequest) -> Result<(), Reason> {
        match self.commit(|draft| draft.accept(&clerk(), asked)) {
            Ok(_) => Ok(()),
            Err(LedgerError::Refused(refusal)) => Err(refusal.reason),
            Err(LedgerError::Storage(error)) => panic!("{error}"),
        }
    }

    pub fn sums(&self, id: AccountId) -> [i64; 4] {
        let b = self.accounts[&id].balances;
        [b.debits_pending, b.debits_posted, b.credits_pending, b.credits_posted]
    }
}

pub fn clerk() -> Actor {
    Actor::parse("clerk").unwrap()
}

pub fn ulid(n: u128) -> String {
    ulid::Ulid::from(n).to_string()
}

pub fn tid(n: u128) -> TransferId {
    TransferId::parse(&ulid(n)).unwrap()
}

pub fn cny() -> Currency {
    Currency::parse("CNY").unwrap()
}

pub fn terms(n: u8) -> AccountTerms {
    AccountTerms {
        id: AccountId::parse(&ulid(u128::from(n))).unwrap(),
        currency: cny(),
        code: 1,
        flags: AccountFlags::default(),
        credit_limit_minor: 0,
    }
}

fn movement(debit: AccountId, credit: AccountId, amount: i64) -> Movement {
    Movement { debit, credit, amount: AmountMinor::new(amount).unwrap(), currency: cny() }
}

fn request(id: u128, action: Action) -> TransferRequest {
    TransferRequest { id: tid(id), action, code: 7, external_ref: Subject::parse("sale") }
}

pub fn post(id: u128, debit: AccountId, credit: AccountId, amount: i64) -> TransferRequest {
    request(id, Action::Post(movement(debit, credit, amount)))
}

pub fn hold(id: u128, debit: AccountId, credit: AccountId, amount: i64) -> TransferRequest {
    request(id, Action::Hold { movement: movement(debit, credit, amount), timeout_us: None })
}

pub fn hold_for(us: i64, id: u128, debit: AccountId, credit: AccountId, amount: i64) -> TransferRequest {
    request(id, Action::Hold { movement: movement(debit, credit, amount), timeout_us: Some(us) })
}

pub fn post_pending(id: u128, pending: u128, amount: Option<i64>) -> TransferRequest {
    let amount = amount.map(|minor| AmountMinor::new(minor).unwrap());
    request(id, Action::PostPending(Resolution { pending_id: tid(pending), amount, currency: Some(cny()) }))
}

pub fn void_pending(id: u128, pending: u128) -> TransferRequest {
    request(id, Action::VoidPending(Resolution { pending_id: tid(pending), amount: None, currency: None }))
}
