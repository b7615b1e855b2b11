//! What the ledger asks of its storage: one trait to write, one to read.

use std::sync::Arc;

use tlog_tiles::Hash;

use crate::domain::{
    Account, AccountId, Books, Changes, Record, RecordedFact, StorageError, Subject, TransferEntry,
    TransferId, UnixMicros,
};
use crate::journal::{self, ChainHash};
use crate::tree::Root;

/// The newest record, the chain value after it and the root of the tree up to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// 0 = the journal is empty.
    pub seq: u64,
    pub hash: ChainHash,
    pub root: Root,
}

/// One record as stored, with its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    pub seq: u64,
    pub previous_hash: ChainHash,
    pub hash: ChainHash,
    pub stored: Vec<u8>,
}

/// How a record touched an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TouchKind {
    Opened,
    Transferred,
    Expired,
}

/// A record that changed an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    pub account: AccountId,
    pub seq: u64,
    /// Of the record, in the journal file.
    pub offset: u64,
    pub kind: TouchKind,
}

/// Size of the index file in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    pub before: u64,
    pub after: u64,
}

/// Why the index is as large as before. It is whole in any case.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CompactionFault {
    #[error("the ledger is stopping")]
    Stopping,
    #[error("the disk has no room for a copy of the index: {0} bytes must be free")]
    DiskFull(u64),
    #[error("the copy of the index cannot be compacted")]
    Failed(#[source] Arc<redb::Error>),
}

/// Where the ledger's state lives.
pub trait Storage: Send + Sync + 'static {
    /// The last durable state; later commits do not change it.
    fn view(&self) -> Result<Box<dyn View>, StorageError>;

    /// Makes all changes durable together. When it returns an error nothing may be assumed about the disk, and the
    /// process must end.
    fn commit(&self, changes: Changes) -> Result<Head, StorageError>;

    /// Frees the disk space that the index file does not use, while commits and readers continue.
    fn compact(&self) -> Result<Compacted, CompactionFault>;

    /// Fails once nothing more can be stored: then the process must end.
    fn health(&self) -> Result<(), StorageError>;
}

/// A consistent state to read from.
pub trait View: Books + Send {
    fn head(&self) -> Result<Head, StorageError>;
    /// Is the newest chain value the hash of the newest record and its predecessor? Quick enough for every start.
    fn head_matches(&self) -> Result<bool, StorageError> {
        let head = self.head()?;
        let newest = self.entries_after(head.seq.saturating_sub(1), 2)?;
        Ok(match newest.as_slice() {
            [] => head.seq == 0,
            [entry] => {
                entry.seq == head.seq
                    && journal::chain(&entry.previous_hash, &entry.stored) == head.hash
                    && journal::decode(&entry.stored).is_ok_and(|record| record.stamp.seq == head.seq)
            }
            _ => false,
        })
    }
    /// In the order of ids.
    fn accounts_after(&self, after: Option<AccountId>, max: usize) -> Result<Vec<Account>, StorageError>;
    /// Records that changed the account, oldest first.
    fn touches_of(&self, account: AccountId, after_seq: u64, max: usize) -> Result<Vec<Touch>, StorageError>;
    /// The record of a touch.
    fn touching(&self, touch: &Touch) -> Result<Record, StorageError>;
    /// The account with sums as they were after some record at or before `seq`, and that record's number; touches
    /// since then lead to `seq`. `None` = no such account.
    fn sums_before(&self, account: AccountId, seq: u64) -> Result<Option<(u64, Account)>, StorageError>;
    /// Accepted transfers that touch the account, oldest first.
    fn transfers_of(
        &self,
        account: AccountId,
        after_seq: u64,
        max: usize,
    ) -> Result<Vec<TransferEntry>, StorageError>;
    /// Records about a subject, oldest first.
    fn about(&self, subject: &Subject, max: usize) -> Result<Vec<JournalEntry>, StorageError>;
    /// Facts about a subject, oldest first.
    fn facts_about(&self, subject: &Subject, max: usize) -> Result<Vec<RecordedFact>, StorageError>;
    /// Records after a sequence number, oldest first.
    fn entries_after(&self, after_seq: u64, max: usize) -> Result<Vec<JournalEntry>, StorageError>;
    /// Hashes of the tree by their number (`tlog_tiles::stored_hash_index`).
    fn stored_hashes(&self, numbers: &[u64]) -> Result<Vec<Hash>, StorageError>;
    /// Open pending transfers whose time is over at `now`, earliest first.
    fn due(&self, now: UnixMicros, max: usize) -> Result<Vec<TransferId>, StorageError>;
    /// How many pending transfers are open.
    fn open_pendings(&self) -> Result<u64, StorageError>;
}
