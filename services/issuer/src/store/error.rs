use thiserror::Error;

use crate::domain::Refusal;

pub type Result<T> = std::result::Result<T, StoreError>;

#[derive(Debug, Error)]
pub enum StoreError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("this request_id was used with another body; send a new one for a new intent")]
    Different,
    #[error("cards are printed once; make others under a new request_id and throw these away")]
    MadeBefore,
    #[error("the service stops; call again")]
    Stopping,
    #[error("the system gives no random numbers")]
    NoRandom,
    #[error("the store cannot be read or written")]
    Database(#[source] Box<redb::Error>),
    #[error("the store is sealed with another key than issuer-data.key; restore the key from the backup")]
    OtherKey,
    #[error(transparent)]
    Vault(#[from] chit_vault::VaultError),
    #[error("the store is damaged ({0}); restore the backup")]
    Damaged(&'static str),
}

/// redb has an error type for each of its steps.
macro_rules! from_redb {
    ($($error:ty),*) => {$(
        impl From<$error> for StoreError {
            fn from(error: $error) -> Self {
                Self::Database(Box::new(error.into()))
            }
        }
    )*};
}

from_redb!(
    redb::DatabaseError,
    redb::TransactionError,
    redb::TableError,
    redb::StorageError,
    redb::CommitError
);
