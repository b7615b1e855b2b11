//! One redb file: outbox, inbox, events. Every change and its event are one transaction.

mod housekeeping;
mod inbox;
mod inbox_records;
mod index;
mod letters;
mod outbox;
mod parts;
mod pdus;
mod queries;
mod receipts;
mod records;
mod sealing;
mod sims;
mod txn;
mod writer;

pub use inbox::{InboundRow, Taken};
pub use index::Row;
pub use letters::Sitting;
pub use queries::{Counts, Pick};
pub use receipts::Receipt;
pub use sims::{PinTry, Sim, SimCheck};
pub use writer::Pending;

use crate::domain::outbox::Refused;
use chit_msisdn::Country;
use chit_vault::{Credential, Failure, Vault, VaultError};
use jiff::{SignedDuration, Timestamp};
use redb::{Database, TableDefinition, WriteTransaction};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;
use txn::Txn;
use writer::{Ends, Writer};

// <message id, MessageRecord>
const MESSAGES: TableDefinition<&str, &[u8]> = TableDefinition::new("messages");
// <message id, RequestRecord of the call that made it>
const SENDS: TableDefinition<&str, &[u8]> = TableDefinition::new("sends");
// <creation number, message id>
const ORDER: TableDefinition<u64, &str> = TableDefinition::new("order");
// <(subject id, creation number), message id>
const SUBJECTS: TableDefinition<(&str, u64), &str> = TableDefinition::new("subjects");
// <(priority, creation number), message id>: QUEUED and RETRY_WAIT
const SENDABLE: TableDefinition<(u8, u64), &str> = TableDefinition::new("sendable");
// <message id, ()>: SUBMITTING
const SUBMITTING: TableDefinition<&str, ()> = TableDefinition::new("submitting");
// <message id, ()>: UNKNOWN
const UNKNOWN: TableDefinition<&str, ()> = TableDefinition::new("unknown");
// <(microseconds since 1970, message id), ()>: when time alone changes a message
const DUE: TableDefinition<(i64, &str), ()> = TableDefinition::new("due");
// <(last digits of the destination, creation number), message id>
const DESTINATIONS: TableDefinition<(&str, u64), &str> = TableDefinition::new("destinations");
// <last digits of a number, name of the modem it talks with>
const ROUTES: TableDefinition<&str, &str> = TableDefinition::new("routes");
// <(name of the modem, creation number of the message, its submit), microseconds since 1970>: Ctrl-Z of 30 days
const SUBMITS: TableDefinition<(&str, u64, u32), i64> = TableDefinition::new("submits");
// <(name of the SMPP way, the server's number), (message id, part)>
const RECEIPTS: TableDefinition<(&str, &str), (&str, u8)> = TableDefinition::new("receipts");
// <(name of the SMPP way, SHA-256 of a letter), microseconds since 1970 when its connection began>: acknowledged, but
// perhaps not heard
const LETTERS: TableDefinition<(&str, &[u8]), i64> = TableDefinition::new("letters");
// <revision, MessageRecord as it was then>
const EVENTS: TableDefinition<u64, &[u8]> = TableDefinition::new("events");
// <request id, RequestRecord>
const REQUESTS: TableDefinition<&str, &[u8]> = TableDefinition::new("requests");
// <sequence number, InboundRecord>
const INBOX: TableDefinition<u64, &[u8]> = TableDefinition::new("inbox");
// <(sender, reference, total, part number), PartRecord>
const PARTS: TableDefinition<(&str, u16, u8, u8), &[u8]> = TableDefinition::new("parts");
// <(sender, reference, total), (time stamp of the message that was passed on incomplete, when), in microseconds since 1970>
const PASSED_ON: TableDefinition<(&str, u16, u8), (i64, i64)> = TableDefinition::new("passed_on");
// <SHA-256 of a TPDU, microseconds since 1970 when it was first read>
const SEEN: TableDefinition<&[u8], i64> = TableDefinition::new("seen");
// <sender, (thousandths of messages left, microseconds since 1970)>
const BUCKETS: TableDefinition<&str, (u32, i64)> = TableDefinition::new("buckets");
// <number, UndecodedRecord>
const UNDECODED: TableDefinition<u64, &[u8]> = TableDefinition::new("undecoded");
// <consumer, sequence number acknowledged>
const ACKS: TableDefinition<&str, u64> = TableDefinition::new("acks");
// <SHA-256 of PinTry, ()>: PINs that have had their one try
const PINS_TRIED: TableDefinition<&[u8], ()> = TableDefinition::new("pins_tried");
// <name of the modem, (IMEI, ICCID) it was accepted with>
const SIMS: TableDefinition<&str, (&str, &str)> = TableDefinition::new("sims");
// <name, number>: the version of the indexes
const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

// <"data key", the store's data key, wrapped by sms-data.key>
const DATA_KEY: TableDefinition<&str, &[u8]> = TableDefinition::new("data_key");

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
    #[error("not_after has passed")]
    NotAfterPassed,
    #[error("{WAITING_MAX} messages wait already")]
    QueueFull,
    #[error("this number has had its messages of the last 24 hours (max_per_destination_day)")]
    DestinationFull { wait_s: u64 },
    #[error("there is no incoming message with that sequence number yet")]
    AckOutOfRange,
    #[error("the inbox holds as many messages that nobody acknowledged as it may")]
    InboxFull,
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    Vault(VaultError),
    #[error(
        "sms-data.key is not the key of this store; restore the key that belongs to it (docs/operations.md)"
    )]
    OtherKey,
    #[error("the sealed copy of an older store cannot be put in its place")]
    Draft(#[source] std::io::Error),
    #[error("the storage task was cancelled")]
    Stopped,
}

impl StoreError {
    /// Raised before anything was written, so that the others of a common transaction go on.
    fn is_refusal(&self) -> bool {
        match self {
            Self::NotFound
            | Self::DifferentBody
            | Self::NotAfterPassed
            | Self::QueueFull
            | Self::DestinationFull { .. }
            | Self::AckOutOfRange
            | Self::Refused(_) => true,
            Self::Database(_)
            | Self::Corrupt(_)
            | Self::InboxFull
            | Self::Vault(_)
            | Self::OtherKey
            | Self::Draft(_)
            | Self::Stopped => false,
        }
    }
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
    /// First, so that it ends before the database closes.
    writer: Writer,
    db: Arc<Database>,
    /// Seals numbers and texts.
    vault: Arc<Vault>,
    ends: Arc<Ends>,
    policy: Policy,
}

/// What the owner of the shop decides.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// After it an unknown message that may be resent is sent once more.
    pub resend_after: SignedDuration,
    /// To one number in any 24 h; 0 = no limit.
    pub per_destination_day: u32,
    /// Says what a sender without a country code means.
    pub country: Country,
    /// Done messages and acknowledged incoming ones are kept so long.
    pub keep: SignedDuration,
}

impl Store {
    pub fn open(path: &Path, credential: &Credential, policy: Policy, now: Timestamp) -> Result<Arc<Self>> {
        Self::on(sealing::open_sealed(path, credential)?, credential, policy, now)
    }

    fn on(db: Database, credential: &Credential, policy: Policy, now: Timestamp) -> Result<Arc<Self>> {
        let db = Arc::new(db);
        let txn = db.begin_write()?;
        make_tables(&txn)?;
        let vault = Arc::new(sealing::vault_of(&txn, credential)?);
        let txn = Txn::new(txn, Arc::clone(&vault));
        index::migrate(&txn, &policy, now)?;
        outbox::recover(&txn, &policy, now)?;
        txn.commit()?;
        let (revision, inbound) = (watch::Sender::new(0), watch::Sender::new(0));
        let ends = Arc::new(Ends { revision, inbound, failure: Failure::default() });
        let writer = Writer::start(Arc::clone(&db), Arc::clone(&vault), Arc::clone(&ends))
            .map_err(|_| StoreError::Stopped)?;
        let store = Self { writer, db, vault, ends, policy };
        // An empty change announces where the books end.
        store.write(|_| Ok(()))?;
        Ok(Arc::new(store))
    }

    /// Runs on a blocking thread: a read may wait for the disk, a change waits for its commit.
    pub async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let store = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&store)).await.map_err(|_| StoreError::Stopped)?
    }

    /// Waits until the file has failed.
    pub async fn failed(&self) {
        self.ends.failure.wait().await;
    }

    pub fn watch_revision(&self) -> watch::Receiver<u64> {
        self.ends.revision.subscribe()
    }

    pub fn watch_inbound(&self) -> watch::Receiver<u64> {
        self.ends.inbound.subscribe()
    }

    fn write<T: Send + 'static>(&self, work: impl FnMut(&Txn) -> Result<T> + Send + 'static) -> Result<T> {
        self.writer.write(work)
    }
}

fn make_tables(txn: &WriteTransaction) -> Result<()> {
    txn.open_table(MESSAGES)?;
    txn.open_table(SENDS)?;
    txn.open_table(ORDER)?;
    txn.open_table(SUBJECTS)?;
    txn.open_table(SENDABLE)?;
    txn.open_table(SUBMITTING)?;
    txn.open_table(UNKNOWN)?;
    txn.open_table(DUE)?;
    txn.open_table(DESTINATIONS)?;
    txn.open_table(ROUTES)?;
    txn.open_table(SUBMITS)?;
    txn.open_table(RECEIPTS)?;
    txn.open_table(LETTERS)?;
    txn.open_table(EVENTS)?;
    txn.open_table(REQUESTS)?;
    txn.open_table(INBOX)?;
    txn.open_table(PARTS)?;
    txn.open_table(PASSED_ON)?;
    txn.open_table(SEEN)?;
    txn.open_table(BUCKETS)?;
    txn.open_table(UNDECODED)?;
    txn.open_table(ACKS)?;
    txn.open_table(PINS_TRIED)?;
    txn.open_table(SIMS)?;
    txn.open_table(META)?;
    txn.open_table(DATA_KEY)?;
    Ok(())
}

#[cfg(test)]
pub(crate) mod fault_tests;
#[cfg(test)]
mod tests;
