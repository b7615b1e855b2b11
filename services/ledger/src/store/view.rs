//! Reading one state: what is not yet in the index, then the index, then the journal file.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

use redb::ReadableTableMetadata as _;
use tlog_tiles::Hash;

use super::index::Snapshot;
use super::journal_file::{JournalError, JournalFile};
use super::memtable::{Memtable, Position};
use super::open_mark::OpenMark;
use super::storage::{Head, JournalEntry, Touch, TouchKind, View};
use super::{keys, rows, spent_rows};
use crate::domain::{
    Account, AccountId, Books, Change, FactId, PendingState, Record, RecordedFact, Stamp, StorageError,
    Subject, TransferEntry, TransferId, UnixMicros,
};
use crate::journal;

/// One consistent state of the ledger.
pub struct StoreView {
    pub fresh: Memtable,
    /// What is being taken into the index. The index may have it or not: both give the same answers.
    pub frozen: Option<Arc<Memtable>>,
    pub journal: JournalFile,
    pub index: Arc<Snapshot>,
    pub _open: OpenMark,
}

impl StoreView {
    /// Tables above the index, newest first.
    fn layers(&self) -> impl Iterator<Item = &Memtable> {
        std::iter::once(&self.fresh).chain(self.frozen.as_deref())
    }

    fn position(&self) -> &Position {
        &self.fresh.position
    }

    fn record(&self, offset: u64) -> Result<Record, StorageError> {
        let stored = self.journal.record(offset).map_err(StorageError::new)?;
        journal::decode(&stored).map_err(StorageError::new)
    }

    /// Where the group starts that holds the record.
    fn group_of(&self, seq: u64) -> Result<Option<u64>, StorageError> {
        for table in self.layers() {
            if let Some((_, offset)) = table.groups.get_prev(&seq) {
                return Ok(Some(*offset));
            }
        }
        let mut before = self.index.groups.range(..=seq).map_err(StorageError::new)?;
        let group = before.next_back().transpose().map_err(StorageError::new)?;
        Ok(group.map(|(_, offset)| offset.value()))
    }

    /// Sequence number and offset of each record about the subject, oldest first.
    fn about_places(&self, subject: &Subject) -> Result<BTreeMap<u64, u64>, StorageError> {
        let mut places = BTreeMap::new();
        let (first, last) = (keys::subject_key(subject, 0), keys::subject_key(subject, u64::MAX));
        let range =
            self.index.by_subject.range(first.as_slice()..=last.as_slice()).map_err(StorageError::new)?;
        for row in range {
            let (key, offset) = row.map_err(StorageError::new)?;
            places.insert(keys::subject_key_seq(key.value()), offset.value());
        }
        for table in self.layers() {
            let own = table.subjects.iter().filter(|(about, ..)| about == subject);
            places.extend(own.map(|(_, seq, offset)| (*seq, *offset)));
        }
        Ok(places)
    }
}

impl Books for StoreView {
    fn newest(&self) -> Result<Stamp, StorageError> {
        Ok(self.position().newest)
    }

    fn account(&self, id: AccountId) -> Result<Option<Account>, StorageError> {
        if let Some(account) = self.layers().find_map(|table| table.accounts.get(&id)) {
            return Ok(Some(*account));
        }
        let row = self.index.accounts.get(id.to_bytes()).map_err(StorageError::new)?;
        row.map(|row| rows::account(id, row.value())).transpose()
    }

    fn transfer(&self, id: TransferId) -> Result<Option<TransferEntry>, StorageError> {
        if Some(id) > self.position().largest_id {
            return Ok(None);
        }
        let recent = self.layers().find_map(|table| table.transfers.get(&id)).copied();
        let offset = match recent {
            Some(offset) => Some(offset),
            None => spent_rows::find(&self.index.transfers, &id.to_bytes()).map_err(StorageError::new)?,
        };
        offset.map(|offset| transfer_entry(&self.record(offset)?)).transpose()
    }

    fn pending_state(&self, id: TransferId) -> Result<Option<PendingState>, StorageError> {
        if let Some(state) = self.layers().find_map(|table| table.pendings.get(&id)) {
            return Ok(Some(*state));
        }
        let row = self.index.pendings.get(id.to_bytes()).map_err(StorageError::new)?;
        row.map(|row| rows::pending(&row.value())).transpose()
    }

    fn fact(&self, id: FactId) -> Result<Option<RecordedFact>, StorageError> {
        let recent = self.layers().find_map(|table| table.facts.get(&id)).copied();
        let offset = match recent {
            Some(offset) => Some(offset),
            None => {
                let row = self.index.facts.get(id.to_bytes()).map_err(StorageError::new)?;
                row.map(|offset| offset.value())
            }
        };
        let Some(offset) = offset else { return Ok(None) };
        recorded_fact(self.record(offset)?)
            .ok_or_else(|| StorageError::new("a fact id points at another record"))
            .map(Some)
    }
}

impl View for StoreView {
    fn head(&self) -> Result<Head, StorageError> {
        Ok(self.position().head)
    }

    fn accounts_after(&self, after: Option<AccountId>, max: usize) -> Result<Vec<Account>, StorageError> {
        let mut found = BTreeMap::new();
        let from = after.map_or(Unbounded, |id| Excluded(id.to_bytes()));
        let range = self.index.accounts.range::<[u8; 16]>((from, Unbounded)).map_err(StorageError::new)?;
        for row in range.take(max) {
            let (key, row) = row.map_err(StorageError::new)?;
            let id = AccountId::from_bytes(key.value());
            found.insert(id, rows::account(id, row.value())?);
        }
        // Oldest first, so that the newest sums stay.
        for table in self.frozen.as_deref().into_iter().chain([&self.fresh]) {
            let range = table.accounts.range((after.map_or(Unbounded, Excluded), Unbounded));
            found.extend(range.take(max).map(|(id, account)| (*id, *account)));
        }
        Ok(found.into_values().take(max).collect())
    }

    fn touches_of(&self, account: AccountId, after_seq: u64, max: usize) -> Result<Vec<Touch>, StorageError> {
        let mut found = BTreeMap::new();
        let from = keys::account_key(account, after_seq.saturating_add(1));
        let rows_after = from..=keys::account_key(account, u64::MAX);
        for row in self.index.history.range(rows_after).map_err(StorageError::new)? {
            let (_, touches) = rows::history(account, row.map_err(StorageError::new)?.1.value())?;
            // The first row may start before what is asked for.
            let asked = touches.into_iter().filter(|touch| touch.seq > after_seq).take(max);
            found.extend(asked.map(|touch| (touch.seq, touch)));
            if found.len() >= max {
                break;
            }
        }
        if found.len() < max {
            if let Some(row) = self.index.accounts.get(account.to_bytes()).map_err(StorageError::new)? {
                let recent = rows::recent_touches(account, row.value())?;
                let asked = recent.into_iter().filter(|touch| touch.seq > after_seq);
                found.extend(asked.map(|touch| (touch.seq, touch)));
            }
            // Oldest first, so that no more than is asked for is kept.
            for table in self.frozen.as_deref().into_iter().chain([&self.fresh]) {
                let own = table.touches.iter().filter(|touch| touch.account == account);
                for touch in own.filter(|touch| touch.seq > after_seq) {
                    if found.len() >= max {
                        break;
                    }
                    found.insert(touch.seq, *touch);
                }
            }
        }
        Ok(found.into_values().take(max).collect())
    }

    fn sums_before(&self, account: AccountId, seq: u64) -> Result<Option<(u64, Account)>, StorageError> {
        let Some(now) = self.account(account)? else { return Ok(None) };
        let rows_until = keys::account_key(account, 0)..=keys::account_key(account, seq);
        let last = self.index.history.range(rows_until).map_err(StorageError::new)?.next_back();
        let Some((key, row)) = last.transpose().map_err(StorageError::new)? else {
            return Ok(Some((0, Account::opened(now.terms, now.created))));
        };
        let (balances, _) = rows::history(account, row.value())?;
        Ok(Some((keys::account_key_seq(&key.value()), Account { balances, ..now })))
    }

    fn touching(&self, touch: &Touch) -> Result<Record, StorageError> {
        self.record(touch.offset)
    }

    fn transfers_of(
        &self,
        account: AccountId,
        after_seq: u64,
        max: usize,
    ) -> Result<Vec<TransferEntry>, StorageError> {
        let mut entries = Vec::new();
        let mut after = after_seq;
        loop {
            let touches = self.touches_of(account, after, max)?;
            let Some(last) = touches.last() else { return Ok(entries) };
            after = last.seq;
            for touch in touches.iter().filter(|touch| touch.kind == TouchKind::Transferred) {
                entries.push(transfer_entry(&self.record(touch.offset)?)?);
                if entries.len() == max {
                    return Ok(entries);
                }
            }
        }
    }

    fn about(&self, subject: &Subject, max: usize) -> Result<Vec<JournalEntry>, StorageError> {
        let mut entries = Vec::new();
        for seq in self.about_places(subject)?.into_keys().take(max) {
            entries.extend(self.entries_after(seq - 1, 1)?);
        }
        Ok(entries)
    }

    fn facts_about(&self, subject: &Subject, max: usize) -> Result<Vec<RecordedFact>, StorageError> {
        let mut facts = Vec::new();
        for offset in self.about_places(subject)?.into_values() {
            facts.extend(recorded_fact(self.record(offset)?));
            if facts.len() == max {
                break;
            }
        }
        Ok(facts)
    }

    fn entries_after(&self, after_seq: u64, max: usize) -> Result<Vec<JournalEntry>, StorageError> {
        let mut entries = Vec::new();
        let head = self.position().head;
        if after_seq >= head.seq {
            return Ok(entries);
        }
        let mut at = self.group_of(after_seq + 1)?;
        while let Some(offset) = at {
            let group = match self.journal.group(offset).map_err(StorageError::new)? {
                Some(group) => group,
                // What is readable comes first; the next page starts at the damage.
                None if !entries.is_empty() => return Ok(entries),
                None => return Err(StorageError::new(JournalError::Damaged(offset))),
            };
            let (mut seq, mut previous_hash) = (group.first_seq, group.previous);
            for (_, stored) in group.records {
                let hash = journal::chain(&previous_hash, &stored);
                if seq > after_seq {
                    entries.push(JournalEntry { seq, previous_hash, hash, stored });
                }
                if entries.len() == max || seq == head.seq {
                    return Ok(entries);
                }
                (seq, previous_hash) = (seq + 1, hash);
            }
            at = Some(group.next);
        }
        Ok(entries)
    }

    fn stored_hashes(&self, numbers: &[u64]) -> Result<Vec<Hash>, StorageError> {
        let mut hashes = Vec::with_capacity(numbers.len());
        for &number in numbers {
            let table = self.layers().find(|table| number >= table.hashes_from);
            let hash = match table {
                Some(table) => table.hashes.get((number - table.hashes_from) as usize).copied(),
                None => self.index.hash(number)?,
            };
            hashes.push(hash.ok_or_else(|| StorageError::new(format!("tree hash {number} is missing")))?);
        }
        Ok(hashes)
    }

    fn due(&self, now: UnixMicros, max: usize) -> Result<Vec<TransferId>, StorageError> {
        if self.position().earliest_expiry.is_none_or(|earliest| earliest > now) {
            return Ok(Vec::new());
        }
        let last = keys::open_key_last(now);
        let mut keys = Vec::new();
        for row in self.index.open.range(..=last).map_err(StorageError::new)? {
            let key = row.map_err(StorageError::new)?.0.value();
            let resolved_since =
                self.layers().any(|table| table.pendings.contains_key(&keys::open_key_id(&key)));
            if !resolved_since {
                keys.push(key);
            }
            if keys.len() == max {
                break;
            }
        }
        if let Some(frozen) = &self.frozen {
            let own = frozen.open.range(..=last).copied();
            keys.extend(own.filter(|key| !self.fresh.pendings.contains_key(&keys::open_key_id(key))));
        }
        keys.extend(self.fresh.open.range(..=last).copied());
        keys.sort_unstable();
        Ok(keys.iter().take(max).map(keys::open_key_id).collect())
    }

    fn open_pendings(&self) -> Result<u64, StorageError> {
        let mut open = self.index.open.len().map_err(StorageError::new)?;
        let changed: BTreeMap<TransferId, PendingState> = (self.frozen.as_deref().into_iter())
            .chain([&self.fresh])
            .flat_map(|table| table.pendings.iter().map(|(id, state)| (*id, *state)))
            .collect();
        for (id, state) in changed {
            let before = self.index.pendings.get(id.to_bytes()).map_err(StorageError::new)?;
            let before = before.map(|row| rows::pending(&row.value())).transpose()?;
            open -= u64::from(matches!(before, Some(PendingState::Open { .. })));
            open += u64::from(matches!(state, PendingState::Open { .. }));
        }
        Ok(open)
    }
}

fn transfer_entry(record: &Record) -> Result<TransferEntry, StorageError> {
    record.spent().ok_or_else(|| StorageError::new("a transfer id points at another record"))
}

fn recorded_fact(record: Record) -> Option<RecordedFact> {
    let Record { stamp, actor, change, .. } = record;
    match change {
        Change::FactRecorded(fact) => Some(RecordedFact { fact, actor, stamp }),
        _ => None,
    }
}
