//! Reading a redb snapshot.

use std::ops::RangeInclusive;

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable as _, ReadableTableMetadata as _, TableError};

use super::tables::{
    ACCOUNTS, CHAIN, FACTS, JOURNAL, OPEN_PENDINGS, PENDINGS, RECORDS_BY_SUBJECT, TRANSFERS,
    TRANSFERS_BY_ACCOUNT,
};
use super::{Head, JournalEntry, View, rows};
use crate::domain::{
    Account, AccountId, Books, Change, FactId, Outcome, PendingState, Record, RecordedFact, Stamp,
    StorageError, Subject, TransferEntry, TransferId, UnixMicros,
};
use crate::journal::{self, CHAIN_START, ChainHash};

/// One consistent state of the file.
pub struct RedbView {
    journal: ReadOnlyTable<u64, &'static [u8]>,
    chain: ReadOnlyTable<u64, [u8; 32]>,
    accounts: ReadOnlyTable<[u8; 16], &'static [u8]>,
    transfers: ReadOnlyTable<[u8; 16], u64>,
    pendings: ReadOnlyTable<[u8; 16], [u8; 10]>,
    open: ReadOnlyTable<[u8; 24], ()>,
    by_account: ReadOnlyTable<[u8; 24], ()>,
    facts: ReadOnlyTable<[u8; 16], u64>,
    by_subject: ReadOnlyTable<&'static [u8], ()>,
}

impl RedbView {
    pub fn open(txn: &ReadTransaction) -> Result<Self, TableError> {
        Ok(Self {
            journal: txn.open_table(JOURNAL)?,
            chain: txn.open_table(CHAIN)?,
            accounts: txn.open_table(ACCOUNTS)?,
            transfers: txn.open_table(TRANSFERS)?,
            pendings: txn.open_table(PENDINGS)?,
            open: txn.open_table(OPEN_PENDINGS)?,
            by_account: txn.open_table(TRANSFERS_BY_ACCOUNT)?,
            facts: txn.open_table(FACTS)?,
            by_subject: txn.open_table(RECORDS_BY_SUBJECT)?,
        })
    }

    fn record(&self, seq: u64) -> Result<Record, StorageError> {
        let stored = self.journal.get(seq).map_err(StorageError::new)?;
        let stored = stored.ok_or_else(|| StorageError::new(format!("journal record {seq} is missing")))?;
        journal::decode(stored.value()).map_err(StorageError::new)
    }

    fn chain_value(&self, seq: u64) -> Result<ChainHash, StorageError> {
        let value = self.chain.get(seq).map_err(StorageError::new)?;
        Ok(value.map_or(CHAIN_START, |hash| hash.value()))
    }

    fn entry(&self, seq: u64, stored: &[u8]) -> Result<JournalEntry, StorageError> {
        Ok(JournalEntry {
            seq,
            previous_hash: self.chain_value(seq - 1)?,
            hash: self.chain_value(seq)?,
            stored: stored.to_vec(),
        })
    }

    fn subject_seqs(
        &self,
        subject: &Subject,
    ) -> Result<impl Iterator<Item = Result<u64, StorageError>> + use<>, StorageError> {
        let (first, last) = (rows::subject_key(subject, 0), rows::subject_key(subject, u64::MAX));
        let range = self.by_subject.range(first.as_slice()..=last.as_slice()).map_err(StorageError::new)?;
        Ok(range.map(|row| row.map(|(key, _)| rows::subject_key_seq(key.value())).map_err(StorageError::new)))
    }

    fn account_seqs(&self, keys: RangeInclusive<[u8; 24]>, max: usize) -> Result<Vec<u64>, StorageError> {
        let range = self.by_account.range(keys).map_err(StorageError::new)?;
        range
            .take(max)
            .map(|row| row.map(|(key, _)| rows::account_key_seq(&key.value())).map_err(StorageError::new))
            .collect()
    }
}

impl Books for RedbView {
    fn newest(&self) -> Result<Stamp, StorageError> {
        match self.head()?.seq {
            0 => Ok(Stamp::default()),
            seq => Ok(self.record(seq)?.stamp),
        }
    }

    fn account(&self, id: AccountId) -> Result<Option<Account>, StorageError> {
        let row = self.accounts.get(id.to_bytes()).map_err(StorageError::new)?;
        row.map(|row| rows::account(row.value())).transpose()
    }

    fn transfer(&self, id: TransferId) -> Result<Option<TransferEntry>, StorageError> {
        let seq = self.transfers.get(id.to_bytes()).map_err(StorageError::new)?.map(|seq| seq.value());
        seq.map(|seq| transfer_entry(self.record(seq)?)).transpose()
    }

    fn pending_state(&self, id: TransferId) -> Result<Option<PendingState>, StorageError> {
        let row = self.pendings.get(id.to_bytes()).map_err(StorageError::new)?;
        row.map(|row| rows::pending(&row.value())).transpose()
    }

    fn fact(&self, id: FactId) -> Result<Option<RecordedFact>, StorageError> {
        let Some(seq) = self.facts.get(id.to_bytes()).map_err(StorageError::new)?.map(|seq| seq.value())
        else {
            return Ok(None);
        };
        let Record { stamp, actor, change, .. } = self.record(seq)?;
        match change {
            Change::FactRecorded(fact) => Ok(Some(RecordedFact { fact, actor, stamp })),
            _ => Err(StorageError::new("a fact id points at another record")),
        }
    }
}

impl View for RedbView {
    fn head(&self) -> Result<Head, StorageError> {
        let last = self.chain.last().map_err(StorageError::new)?;
        Ok(last.map_or(Head { seq: 0, hash: CHAIN_START }, |(seq, hash)| Head {
            seq: seq.value(),
            hash: hash.value(),
        }))
    }

    fn accounts_after(&self, after: Option<AccountId>, max: usize) -> Result<Vec<Account>, StorageError> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = after.map_or(Unbounded, |id| Excluded(id.to_bytes()));
        let range = self.accounts.range::<[u8; 16]>((from, Unbounded)).map_err(StorageError::new)?;
        range.take(max).map(|row| rows::account(row.map_err(StorageError::new)?.1.value())).collect()
    }

    fn transfers_of(
        &self,
        account: AccountId,
        after_seq: u64,
        max: usize,
    ) -> Result<Vec<TransferEntry>, StorageError> {
        let from = rows::account_key(account, after_seq.saturating_add(1));
        let seqs = self.account_seqs(from..=rows::account_key(account, u64::MAX), max)?;
        seqs.into_iter().map(|seq| transfer_entry(self.record(seq)?)).collect()
    }

    fn about(&self, subject: &Subject, max: usize) -> Result<Vec<JournalEntry>, StorageError> {
        let mut entries = Vec::new();
        for seq in self.subject_seqs(subject)?.take(max) {
            let seq = seq?;
            let stored = self.journal.get(seq).map_err(StorageError::new)?;
            let stored =
                stored.ok_or_else(|| StorageError::new(format!("journal record {seq} is missing")))?;
            entries.push(self.entry(seq, stored.value())?);
        }
        Ok(entries)
    }

    fn facts_about(&self, subject: &Subject, max: usize) -> Result<Vec<RecordedFact>, StorageError> {
        let mut facts = Vec::new();
        for seq in self.subject_seqs(subject)? {
            let Record { stamp, actor, change, .. } = self.record(seq?)?;
            if let Change::FactRecorded(fact) = change {
                facts.push(RecordedFact { fact, actor, stamp });
            }
            if facts.len() == max {
                break;
            }
        }
        Ok(facts)
    }

    fn entries_after(&self, after_seq: u64, max: usize) -> Result<Vec<JournalEntry>, StorageError> {
        let Some(from) = after_seq.checked_add(1) else { return Ok(Vec::new()) };
        let range = self.journal.range(from..).map_err(StorageError::new)?;
        let mut entries = Vec::new();
        for row in range.take(max) {
            let (seq, stored) = row.map_err(StorageError::new)?;
            entries.push(self.entry(seq.value(), stored.value())?);
        }
        Ok(entries)
    }

    fn due(&self, now: UnixMicros, max: usize) -> Result<Vec<TransferId>, StorageError> {
        let range = self.open.range(..=rows::open_key_last(now)).map_err(StorageError::new)?;
        range
            .take(max)
            .map(|row| row.map(|(key, _)| rows::open_key_id(&key.value())).map_err(StorageError::new))
            .collect()
    }

    fn open_pendings(&self) -> Result<u64, StorageError> {
        self.open.len().map_err(StorageError::new)
    }
}

fn transfer_entry(record: Record) -> Result<TransferEntry, StorageError> {
    let outcome = match record.change {
        Change::Transferred(transfer) => Outcome::Accepted(transfer),
        Change::Refused(request, reason) => Outcome::Refused(request, reason),
        _ => return Err(StorageError::new("a transfer id points at another record")),
    };
    Ok(TransferEntry { stamp: record.stamp, outcome })
}
