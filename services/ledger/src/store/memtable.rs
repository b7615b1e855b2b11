//! What is committed but not yet in the index. Cloning is cheap, so every reader has an unchanging state.

use imbl::{HashMap, OrdMap, OrdSet, Vector};
use tlog_tiles::{Hash, stored_hash_count};

use super::keys;
use super::storage::{Head, Touch, TouchKind};
use crate::domain::{
    Account, AccountId, Change, Changes, FactId, PendingState, Stamp, Subject, TransferId, UnixMicros,
};

/// Accounts that are kept in memory after they went into the index, at some 200 bytes each.
const ACCOUNTS_REMEMBERED_MAX: usize = if cfg!(test) { 2 } else { 100_000 };

/// The end of a state: all that the next commit continues from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub head: Head,
    pub newest: Stamp,
    /// Where the next group starts in the journal file.
    pub end: u64,
    /// Larger than every transfer id that was ever spent, or equal: a new id above it needs no look-up.
    pub largest_id: Option<TransferId>,
    /// No open pending transfer expires before; `None` = none expires at all. Not stored: the index knows it.
    pub earliest_expiry: Option<UnixMicros>,
}

/// A group as it was written.
pub struct Written {
    pub group: u64,
    /// Of each record, in order.
    pub offsets: Vec<u64>,
    pub hashes: Vec<Hash>,
    pub head: Head,
    pub end: u64,
}

#[derive(Clone)]
pub struct Memtable {
    pub position: Position,
    pub records: usize,
    /// First sequence number and offset of each group.
    pub groups: OrdMap<u64, u64>,
    /// Every account that changed here, and those that changed before and are still remembered: a busy shop looks up
    /// the same accounts again and again.
    pub accounts: OrdMap<AccountId, Account>,
    pub transfers: HashMap<TransferId, u64>,
    pub pendings: OrdMap<TransferId, PendingState>,
    /// Keys of pending transfers that were opened here and are open still.
    pub open: OrdSet<[u8; 24]>,
    pub facts: HashMap<FactId, u64>,
    pub subjects: Vector<(Subject, u64, u64)>,
    pub touches: Vector<Touch>,
    /// Stored hashes of the tree, the first being number `hashes_from`.
    pub hashes: Vector<Hash>,
    pub hashes_from: u64,
}

impl Memtable {
    /// The empty table that follows when this one is taken into the index.
    pub fn next(&self) -> Self {
        let remembered = self.accounts.len() <= ACCOUNTS_REMEMBERED_MAX;
        let accounts = if remembered { self.accounts.clone() } else { OrdMap::new() };
        Self { accounts, ..Self::after(self.position) }
    }

    pub fn after(position: Position) -> Self {
        Self {
            position,
            records: 0,
            groups: OrdMap::new(),
            accounts: OrdMap::new(),
            transfers: HashMap::new(),
            pendings: OrdMap::new(),
            open: OrdSet::new(),
            facts: HashMap::new(),
            subjects: Vector::new(),
            touches: Vector::new(),
            hashes: Vector::new(),
            hashes_from: stored_hash_count(position.head.seq),
        }
    }

    pub fn absorb(&mut self, changes: Changes, written: Written) {
        let Changes { accounts, transfers: _, pendings, facts: _, records } = changes;
        if let Some(first) = records.first() {
            self.groups.insert(first.stamp.seq, written.group);
        }
        self.records += records.len();
        for (record, offset) in records.into_iter().zip(written.offsets) {
            let seq = record.stamp.seq;
            self.position.newest = record.stamp;
            let kind = match &record.change {
                Change::AccountCreated(account) => {
                    let account = account.terms.id;
                    self.touches.push_back(Touch { account, seq, offset, kind: TouchKind::Opened });
                    TouchKind::Opened
                }
                Change::Transferred(transfer) => {
                    self.spend(transfer.id, offset);
                    TouchKind::Transferred
                }
                Change::Refused(request, _) => {
                    self.spend(request.id, offset);
                    TouchKind::Transferred
                }
                Change::Expired(_) => TouchKind::Expired,
                Change::FactRecorded(fact) => {
                    self.facts.insert(fact.id, offset);
                    TouchKind::Opened
                }
            };
            if let Some((debit, credit)) = record.accounts {
                self.touches.push_back(Touch { account: debit, seq, offset, kind });
                self.touches.push_back(Touch { account: credit, seq, offset, kind });
            }
            self.subjects.extend(record.subjects.into_iter().map(|subject| (subject, seq, offset)));
        }
        self.accounts.extend(accounts);
        for (id, state) in pendings {
            self.set_pending(id, state);
        }
        self.hashes.extend(written.hashes);
        self.position.head = written.head;
        self.position.end = written.end;
    }

    fn spend(&mut self, id: TransferId, offset: u64) {
        self.transfers.insert(id, offset);
        self.position.largest_id = self.position.largest_id.max(Some(id));
    }

    fn set_pending(&mut self, id: TransferId, state: PendingState) {
        if let Some(PendingState::Open { expires }) = self.pendings.insert(id, state) {
            self.open.remove(&keys::open_key(expires, id));
        }
        if let PendingState::Open { expires } = state {
            self.open.insert(keys::open_key(expires, id));
            self.expect_expiry(expires);
        }
    }

    pub fn expect_expiry(&mut self, expires: Option<UnixMicros>) {
        let known = &mut self.position.earliest_expiry;
        *known = match (*known, expires) {
            (Some(known), Some(expires)) => Some(known.min(expires)),
            (known, expires) => known.or(expires),
        };
    }
}
