//! Why the ledger's files cannot be used.

use super::journal_file::JournalError;
use crate::domain::StorageError;

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the index cannot be opened")]
    Redb(#[from] Box<redb::DatabaseError>),
    #[error("the old ledger file cannot be read")]
    Old(#[source] Box<redb::Error>),
    #[error("the old ledger file has schema {found}, this build knows {known}: install the newer Chit again")]
    Newer { found: u64, known: u64 },
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("the ledger's files cannot be used")]
    Io(#[from] std::io::Error),
    #[error("the index belongs to another journal or contradicts itself")]
    Foreign,
    #[error(
        "record {0} of the journal does not follow from those before it: restore the ledger from a backup"
    )]
    Contradiction(u64),
    #[error("record {0}, which was signed, is missing or damaged: restore the ledger from a backup")]
    NewestDamaged(u64),
    #[error(transparent)]
    Storage(#[from] StorageError),
}
