//! Why the journal did not do it.

use chit_vault::VaultError;

use super::WAITING_MAX;
use crate::domain::job::State;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the service stops")]
    Stopping,
    #[error("the job journal failed")]
    Database(#[from] redb::Error),
    #[error("the job journal holds a record that cannot be read; restore it or move it away")]
    Unreadable,
    #[error("no such job")]
    NotFound,
    #[error("this id was used for another request")]
    Different,
    #[error("{WAITING_MAX} jobs wait already")]
    Full,
    #[error("the job is {0:?}, which does not allow this")]
    Refused(State),
    #[error("{0} copies were printed, which is the limit")]
    CopyLimit(u32),
    #[error("its content is not kept")]
    NotKept,
    #[error("it is a copy itself; copy job {0}")]
    IsCopy(String),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(
        "printer-data.key is not the key of this journal; restore the key that belongs to it (docs/operations.md)"
    )]
    OtherKey,
    #[error("the sealed copy of an older journal cannot be put in its place")]
    Draft(#[source] std::io::Error),
}

/// redb has one error type per step; they all become its general one.
macro_rules! from_redb {
    ($($step:ident),*) => {$(
        impl From<redb::$step> for StoreError {
            fn from(error: redb::$step) -> Self {
                Self::Database(error.into())
            }
        }
    )*};
}
from_redb!(DatabaseError, TransactionError, TableError, StorageError, CommitError);

pub type Result<T> = std::result::Result<T, StoreError>;
