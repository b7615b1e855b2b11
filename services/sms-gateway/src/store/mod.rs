//! One redb file: outbox, inbox, events. Every change and its event are one transaction.

mod housekeeping;
mod inbox;
mod outbox;
mod records;

pub use inbox::{InboundRow, Taken};
pub use outbox::Row;

use crate::domain::outbox::Refused;
use jiff::Timestamp;
use redb::{Database, TableDefinition};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;

// <message id, MessageRecord>
const MESSAGES: TableDefinition<&str, &[u8]> = TableDefinition::new("messages");
// <message id, RequestRecord of the call that made it>
const SENDS: TableDefinition<&str, &[u8]> = TableDefinition::new("sends");
// <creation number, message id>
const ORDER: TableDefinition<u64, &str> = TableDefinition::new("order");
// <(subject id, creation number), message id>
const SUBJECTS: TableDefinition<(&str, u64), &str> = TableDefinition::new("subjects");
// <(urgency, creation number), message id>: QUEUED and RETRY_WAIT
const SENDABLE: TableDefinition<(u8, u64), &str> = TableDefinition::new("sendable");
// <message id, ()>: whatever time or a status report may still change
const OPEN: TableDefinition<&str, ()> = TableDefinition::new("open");
// <revision, MessageRecord as it was then>
const EVENTS: TableDefinition<u64, &[u8]> = TableDefinition::new("events");
// <request id, RequestRecord>
const REQUESTS: TableDefinition<&str, &[u8]> = TableDefinition::new("requests");
// <sequence number, InboundRecord>
const INBOX: TableDefinition<u64, &[u8]> = TableDefinition::new("inbox");
// <(sender, reference, total, part number), PartRecord>
const PARTS: TableDefinition<(&str, u16, u8, u8), &[u8]> = TableDefinition::new("parts");
// <SHA-256 of a TPDU, microseconds since 1970 when it was first read>
const SEEN: TableDefinition<&[u8], i64> = TableDefinition::new("seen");
// <number, PDU that could not be read>
const UNREADABLE: TableDefinition<u64, &[u8]> = TableDefinition::new("unreadable");
// <consumer, sequence number acknowledged>
const ACKS: TableDefinition<&str, u64> = TableDefinition::new("acks");
// <SHA-256 of SIM id and PIN, ()>: PINs that have had their one try
const PINS_TRIED: TableDefinition<&[u8], ()> = TableDefinition::new("pins_tried");

/// Messages that wait to be sent: at 30 a minute more than five hours of work.
pub const WAITING_MAX: u64 = 10_000;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database of the SMS gateway failed")]
    Database(#[source] Box<redb::Error>),
    #[error("a stored record is damaged ({0})")]
    Corrupt(&'static str),
    #[error("no such message")]
    NotFound,
    #[error("this id was used with another body")]
    DifferentBody,
    #[error("{WAITING_MAX} messages wait already")]
    QueueFull,
    #[error("there is no incoming message with that sequence number yet")]
    AckOutOfRange,
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("the storage task was cancelled")]
    Stopped,
}

macro_rules! from_redb {
    ($($kind:ident),*) => {$(
        impl From<redb::$kind> for StoreError {
            fn from(error: redb::$kind) -> Self {
                Self::Database(Box::new(error.into()))
            }
        }
    )*};
}
from_redb!(DatabaseError, TransactionError, TableError, StorageError, CommitError);

pub type Result<T> = std::result::Result<T, StoreError>;

pub struct Store {
    db: Database,
    /// Latest revision of the outbox; watchers read the events they miss.
    revision: watch::Sender<u64>,
    /// Latest sequence number of the inbox.
    inbound: watch::Sender<u64>,
}

impl Store {
    pub fn open(path: &Path, now: Timestamp) -> Result<Arc<Self>> {
        let db = Database::create(path)?;
        let txn = db.begin_write()?;
        {
            txn.open_table(MESSAGES)?;
            txn.open_table(SENDS)?;
            txn.open_table(ORDER)?;
            txn.open_table(SUBJECTS)?;
            txn.open_table(SENDABLE)?;
            txn.open_table(OPEN)?;
            txn.open_table(EVENTS)?;
            txn.open_table(REQUESTS)?;
            txn.open_table(INBOX)?;
            txn.open_table(PARTS)?;
            txn.open_table(SEEN)?;
            txn.open_table(UNREADABLE)?;
            txn.open_table(ACKS)?;
            txn.open_table(PINS_TRIED)?;
        }
        txn.commit()?;
        let store = Self { db, revision: watch::Sender::new(0), inbound: watch::Sender::new(0) };
        store.revision.send_replace(store.last_revision()?);
        store.inbound.send_replace(store.last_inbound()?);
        store.recover(now)?;
        Ok(Arc::new(store))
    }

    /// Runs on a blocking thread: a commit waits for the disk.
    pub async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let store = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&store)).await.map_err(|_| StoreError::Stopped)?
    }

    pub fn watch_revision(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    pub fn watch_inbound(&self) -> watch::Receiver<u64> {
        self.inbound.subscribe()
    }
}

#[cfg(test)]
mod tests;
