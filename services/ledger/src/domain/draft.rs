//! Changes that are decided but not yet durable.
//!
//! A draft lies over the last durable state; later requests of the same commit see what earlier ones decided. A
//! linked batch is a draft over a draft: it is absorbed whole or dropped whole.

use std::collections::{BTreeMap, HashMap};

use super::{
    Account, AccountId, AccountTerms, Actor, Books, Change, Fact, FactId, LedgerError, Outcome, PendingState,
    Reason, Record, RecordedFact, Refusal, Stamp, StorageError, Subject, Transfer, TransferEntry, TransferId,
    TransferRequest, UnixMicros,
};

/// What one commit makes durable.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub accounts: BTreeMap<AccountId, Account>,
    /// Which of `records` spent the id.
    pub transfers: HashMap<TransferId, usize>,
    pub pendings: BTreeMap<TransferId, PendingState>,
    pub facts: BTreeMap<FactId, RecordedFact>,
    /// In journal order.
    pub records: Vec<Record>,
}

/// Answer to an accepted transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    pub transfer: Transfer,
    pub stamp: Stamp,
    pub pending_state: Option<PendingState>,
    /// An earlier request created it.
    pub exists: bool,
}

/// A state under construction.
pub struct Draft<'a, B: Books + ?Sized + 'a> {
    books: &'a B,
    now: UnixMicros,
    newest: Stamp,
    changes: Changes,
}

impl<'a, B: Books + ?Sized> Draft<'a, B> {
    /// Journal time never runs backwards, even when the machine's clock does.
    pub fn new(books: &'a B, clock: UnixMicros) -> Result<Self, StorageError> {
        let newest = books.newest()?;
        Ok(Self { books, now: clock.max(newest.time), newest, changes: Changes::default() })
    }

    pub fn now(&self) -> UnixMicros {
        self.now
    }

    /// Only for records that carry their own time.
    pub(super) fn set_now(&mut self, now: UnixMicros) {
        self.now = now;
    }

    pub fn into_changes(self) -> Changes {
        self.changes
    }

    pub fn create_account(&mut self, actor: &Actor, terms: AccountTerms) -> Result<Account, LedgerError> {
        if let Some(account) = self.account(terms.id)? {
            return match account.terms.differing_field(&terms) {
                None => Ok(account),
                Some(field) => Err(Refusal::different(field).into()),
            };
        }
        let account = Account::opened(terms, self.now);
        self.append(actor, Change::AccountCreated(account), Vec::new(), None);
        self.changes.accounts.insert(terms.id, account);
        Ok(account)
    }

    pub fn record_fact(&mut self, actor: &Actor, fact: Fact) -> Result<RecordedFact, LedgerError> {
        if let Some(recorded) = self.fact(fact.id)? {
            return match recorded.fact.differing_field(&fact) {
                None => Ok(recorded),
                Some(field) => Err(Refusal::different(field).into()),
            };
        }
        let stamp = self.append(actor, Change::FactRecorded(fact.clone()), vec![fact.subject.clone()], None);
        let recorded = RecordedFact { fact, actor: actor.clone(), stamp };
        self.changes.facts.insert(recorded.fact.id, recorded.clone());
        Ok(recorded)
    }

    /// Accepts one transfer, or refuses it and spends its id.
    pub fn accept(&mut self, actor: &Actor, asked: &TransferRequest) -> Result<Accepted, LedgerError> {
        if let Some(entry) = self.transfer(asked.id)? {
            return self.first_answer(entry, asked);
        }
        match self.plan(asked) {
            Ok(plan) => Ok(self.carry_out(actor, plan)),
            Err(LedgerError::Refused(refusal)) => {
                self.refuse(actor, asked, refusal.reason);
                Err(refusal.into())
            }
            Err(storage) => Err(storage),
        }
    }

    /// Accepts all transfers in order, or none. The id of the transfer that failed is spent; the others may be used
    /// again.
    pub fn accept_linked(
        &mut self,
        actor: &Actor,
        asked: &[TransferRequest],
    ) -> Result<Vec<Accepted>, LedgerError> {
        let mut known = Vec::new();
        for (index, one) in asked.iter().enumerate() {
            if let Some(entry) = self.transfer(one.id)? {
                known.push(self.first_answer(entry, one).map_err(|error| at(error, index))?);
            }
        }
        if known.len() == asked.len() {
            return Ok(known);
        }
        if !known.is_empty() {
            return Err(Reason::LinkedFailed.into());
        }
        let mut batch = Draft::new(&*self, self.now)?;
        let mut accepted = Vec::with_capacity(asked.len());
        for (index, one) in asked.iter().enumerate() {
            match batch.accept(actor, one) {
                Ok(answer) => accepted.push(answer),
                Err(LedgerError::Refused(refusal)) => {
                    self.refuse(actor, one, refusal.reason);
                    return Err(refusal.at(index).into());
                }
                Err(storage) => return Err(storage),
            }
        }
        let changes = batch.into_changes();
        self.absorb(changes);
        Ok(accepted)
    }

    /// Releases a pending transfer that ran out of time; anything else is left alone. True = released.
    pub fn expire(&mut self, id: TransferId) -> Result<bool, StorageError> {
        let Some(PendingState::Open { expires: Some(expires) }) = self.pending_state(id)? else {
            return Ok(false);
        };
        if expires > self.now {
            return Ok(false);
        }
        let Some(TransferEntry { outcome: Outcome::Accepted(pending), .. }) = self.transfer(id)? else {
            return Err(StorageError::new("a pending state has no transfer"));
        };
        let (mut debit, mut credit) = match self.accounts_of(&pending) {
            Ok(accounts) => accounts,
            Err(LedgerError::Storage(error)) => return Err(error),
            Err(LedgerError::Refused(_)) => return Err(StorageError::new("a transfer has no account")),
        };
        release(&mut debit, &mut credit, &pending)?;
        let accounts = Some((debit.terms.id, credit.terms.id));
        self.append(&Actor::system(), Change::Expired(id), Vec::from_iter(pending.external_ref), accounts);
        self.changes.accounts.extend([(debit.terms.id, debit), (credit.terms.id, credit)]);
        self.changes.pendings.insert(id, PendingState::Expired);
        Ok(true)
    }

    fn first_answer(&self, entry: TransferEntry, asked: &TransferRequest) -> Result<Accepted, LedgerError> {
        match entry.outcome {
            Outcome::Accepted(transfer) => {
                let pending = match transfer.pending_id {
                    Some(id) => self.accepted_transfer(id)?,
                    None => None,
                };
                match transfer.differing_field(asked, pending.as_ref()) {
                    Some(field) => Err(Refusal::different(field).into()),
                    None => Ok(Accepted {
                        pending_state: self.pending_state(transfer.id)?,
                        transfer,
                        stamp: entry.stamp,
                        exists: true,
                    }),
                }
            }
            Outcome::Refused(first, reason) => match first.differing_field(asked) {
                Some(field) => Err(Refusal::different(field).into()),
                None => Err(reason.into()),
            },
        }
    }

    pub(super) fn accepted_transfer(&self, id: TransferId) -> Result<Option<Transfer>, StorageError> {
        Ok(self.transfer(id)?.and_then(|entry| match entry.outcome {
            Outcome::Accepted(transfer) => Some(transfer),
            Outcome::Refused(..) => None,
        }))
    }

    pub(super) fn accounts_of(&self, transfer: &Transfer) -> Result<(Account, Account), LedgerError> {
        let debit = self.account(transfer.movement.debit)?.ok_or(Reason::AccountNotFound)?;
        let credit = self.account(transfer.movement.credit)?.ok_or(Reason::AccountNotFound)?;
        Ok((debit, credit))
    }

    pub(super) fn carry_out(&mut self, actor: &Actor, plan: Plan) -> Accepted {
        let Plan { transfer, debit, credit, pending, subjects } = plan;
        let accounts = Some((debit.terms.id, credit.terms.id));
        let stamp = self.append(actor, Change::Transferred(transfer.clone()), subjects, accounts);
        self.changes.accounts.extend([(debit.terms.id, debit), (credit.terms.id, credit)]);
        self.changes.pendings.extend(pending);
        self.changes.transfers.insert(transfer.id, self.changes.records.len() - 1);
        let pending_state = pending.and_then(|(id, state)| (id == transfer.id).then_some(state));
        Accepted { transfer, stamp, pending_state, exists: false }
    }

    pub(super) fn refuse(&mut self, actor: &Actor, asked: &TransferRequest, reason: Reason) {
        let subjects = Vec::from_iter(asked.external_ref.clone());
        self.append(actor, Change::Refused(asked.clone(), reason), subjects, None);
        self.changes.transfers.insert(asked.id, self.changes.records.len() - 1);
    }

    fn append(
        &mut self,
        actor: &Actor,
        change: Change,
        subjects: Vec<Subject>,
        accounts: Option<(AccountId, AccountId)>,
    ) -> Stamp {
        self.newest = Stamp { seq: self.newest.seq + 1, time: self.now };
        let actor = actor.clone();
        self.changes.records.push(Record { stamp: self.newest, actor, change, subjects, accounts });
        self.newest
    }

    pub(super) fn absorb(&mut self, batch: Changes) {
        self.newest = batch.records.last().map_or(self.newest, |record| record.stamp);
        if self.changes.records.is_empty() {
            self.changes = batch;
            return;
        }
        let Changes { accounts, transfers, pendings, facts, records } = batch;
        let before = self.changes.records.len();
        self.changes.accounts.extend(accounts);
        self.changes.transfers.extend(transfers.into_iter().map(|(id, place)| (id, before + place)));
        self.changes.pendings.extend(pendings);
        self.changes.facts.extend(facts);
        self.changes.records.extend(records);
    }
}

/// A transfer that passed all rules, with its accounts as they will be.
pub(super) struct Plan {
    pub transfer: Transfer,
    pub debit: Account,
    pub credit: Account,
    /// New state of the pending transfer that is made or resolved.
    pub pending: Option<(TransferId, PendingState)>,
    pub subjects: Vec<Subject>,
}

/// Takes a pending transfer's amount off both accounts.
pub(super) fn release(
    debit: &mut Account,
    credit: &mut Account,
    pending: &Transfer,
) -> Result<(), StorageError> {
    use super::Leg::{Credit, Debit};
    let amount = pending.movement.amount;
    debit
        .balances
        .release(Debit, amount)
        .and_then(|()| credit.balances.release(Credit, amount))
        .ok_or_else(|| StorageError::new("an account has less pending than its open transfers"))
}

fn at(error: LedgerError, index: usize) -> LedgerError {
    match error {
        LedgerError::Refused(refusal) => refusal.at(index).into(),
        storage => storage,
    }
}

impl<B: Books + ?Sized> Books for Draft<'_, B> {
    fn newest(&self) -> Result<Stamp, StorageError> {
        Ok(self.newest)
    }

    fn account(&self, id: AccountId) -> Result<Option<Account>, StorageError> {
        match self.changes.accounts.get(&id) {
            Some(account) => Ok(Some(*account)),
            None => self.books.account(id),
        }
    }

    fn transfer(&self, id: TransferId) -> Result<Option<TransferEntry>, StorageError> {
        match self.changes.transfers.get(&id) {
            Some(place) => Ok(self.changes.records[*place].spent()),
            None => self.books.transfer(id),
        }
    }

    fn pending_state(&self, id: TransferId) -> Result<Option<PendingState>, StorageError> {
        match self.changes.pendings.get(&id) {
            Some(state) => Ok(Some(*state)),
            None => self.books.pending_state(id),
        }
    }

    fn fact(&self, id: FactId) -> Result<Option<RecordedFact>, StorageError> {
        match self.changes.facts.get(&id) {
            Some(recorded) => Ok(Some(recorded.clone())),
            None => self.books.fact(id),
        }
    }
}
