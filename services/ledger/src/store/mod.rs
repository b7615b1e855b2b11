//! Durable storage behind two traits, so that another engine (a journal file with a trailing index, say) can take
//! redb's place without the rules or the API noticing.

mod redb_store;
mod rows;
mod tables;
mod view;

use crate::domain::{
    Account, AccountId, Books, Changes, RecordedFact, StorageError, Subject, TransferEntry, TransferId,
    UnixMicros,
};
use crate::journal::ChainHash;

pub use redb_store::RedbStore;

/// The newest record and the chain value after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// 0 = the journal is empty.
    pub seq: u64,
    pub hash: ChainHash,
}

/// One record as stored, with its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    pub seq: u64,
    pub previous_hash: ChainHash,
    pub hash: ChainHash,
    pub stored: Vec<u8>,
}

/// Where the ledger's state lives.
pub trait Storage: Send + Sync + 'static {
    /// The last durable state; later commits do not change it.
    fn view(&self) -> Result<Box<dyn View>, StorageError>;

    /// Makes all changes durable together. When it returns an error nothing may be assumed about the disk, and the
    /// process must end.
    fn commit(&self, changes: &Changes) -> Result<Head, StorageError>;
}

/// A consistent state to read from.
pub trait View: Books + Send {
    fn head(&self) -> Result<Head, StorageError>;
    /// In the order of ids.
    fn accounts_after(&self, after: Option<AccountId>, max: usize) -> Result<Vec<Account>, StorageError>;
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
    /// Open pending transfers whose time is over at `now`, earliest first.
    fn due(&self, now: UnixMicros, max: usize) -> Result<Vec<TransferId>, StorageError>;
    /// How many pending transfers are open.
    fn open_pendings(&self) -> Result<u64, StorageError>;
}
