//! What the rules need to read.

use super::{
    Account, AccountId, FactId, PendingState, Reason, RecordedFact, Refusal, Stamp, TransferEntry, TransferId,
};

/// The storage below the rules failed; the process must write no more.
#[derive(Debug, thiserror::Error)]
#[error("the ledger's storage failed")]
pub struct StorageError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl StorageError {
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

/// Outcome of a change that did not happen.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<Reason> for LedgerError {
    fn from(reason: Reason) -> Self {
        Self::Refused(reason.into())
    }
}

/// A consistent state of the ledger.
pub trait Books {
    /// Newest journal record.
    fn newest(&self) -> Result<Stamp, StorageError>;
    fn account(&self, id: AccountId) -> Result<Option<Account>, StorageError>;
    fn transfer(&self, id: TransferId) -> Result<Option<TransferEntry>, StorageError>;
    /// `None` = not a pending transfer.
    fn pending_state(&self, id: TransferId) -> Result<Option<PendingState>, StorageError>;
    fn fact(&self, id: FactId) -> Result<Option<RecordedFact>, StorageError>;
}
