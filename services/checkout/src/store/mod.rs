//! Checkout's own state: one redb file that only this process opens.
//!
//! A change is a draft over what is stored ([`Tx`]). One thread commits drafts, those that wait together in one durable
//! transaction; a refused draft leaves nothing. This module knows tables and bytes; what they mean is said by the
//! aggregates, each in its `stored.rs`.

mod chain;
pub mod due;
mod heard;
pub mod history;
mod layer;
pub mod records;
pub mod requests;
pub mod table;
mod tx;
mod vault;
mod view;
mod writer;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use chit_vault::open_store;
use redb::{Database, ReadableDatabase, ReadableTable};
use tokio::sync::{oneshot, watch};

use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};
use chain::Chain;
use table::Table;
use writer::Writer;

pub use tx::Tx;
pub use vault::{Credential, Vault};
pub use view::{Seek, View};
pub use writer::Committer;

/// Pages that redb keeps in memory. A shop's hot set is a few megabytes; the rest is read when somebody looks at it.
const CACHE_BYTES: usize = 32 << 20;
const DATA_KEY: &[u8] = b"data_key";
/// Tables whose changes somebody waits for.
const WATCHED: [Table; 4] = [Table::Events, Table::Outbox, Table::Due, Table::DueDialogue];

#[derive(Clone)]
pub struct Store {
    db: Arc<Database>,
    vault: Arc<Vault>,
    writer: Writer,
    changes: Arc<HashMap<Table, watch::Sender<u64>>>,
}

/// Redb's file, before anybody knows which schema it has.
pub struct File {
    db: Arc<Database>,
}

impl File {
    pub fn open(path: &Path) -> Result<Self> {
        let mut builder = Database::builder();
        builder.set_cache_size(CACHE_BYTES);
        Ok(Self { db: Arc::new(open_store(&builder, path).map_err(storage)?) })
    }

    /// For a migration alone: the tables of an older program.
    pub fn database(&self) -> &Database {
        &self.db
    }

    /// For a migration alone: changes by the thread that calls, before the store is open to others.
    pub fn committer(&self, credential: &Credential, clock: chit_runtime::Clock) -> Result<Committer> {
        let (vault, chain) = self.prepare(credential)?;
        Ok(Committer::new(self.db.clone(), vault, clock, chain, Arc::default()))
    }

    /// Gives room that nothing needs any more back to the disk. Nobody else may use the file.
    pub fn compact(&mut self) -> Result<()> {
        match Arc::get_mut(&mut self.db) {
            Some(db) => db.compact().map(drop).map_err(storage),
            None => Ok(()),
        }
    }

    /// Makes the tables and the data key of a new store.
    fn prepare(&self, credential: &Credential) -> Result<(Arc<Vault>, Chain)> {
        let tx = self.db.begin_write().map_err(storage)?;
        table::create_all(&tx)?;
        let vault = Arc::new(vault_of(&tx, credential)?);
        tx.commit().map_err(storage)?;
        let view = View::new(self.db.begin_read().map_err(storage)?, vault.clone());
        Ok((vault, view.newest_event()?))
    }

    /// Opens the store, and makes the tables and the data key of a new one.
    pub fn into_store(self, credential: &Credential, clock: chit_runtime::Clock) -> Result<Store> {
        let (vault, chain) = self.prepare(credential)?;
        let db = self.db;
        let channel = |table| (table, watch::Sender::new(0));
        let changes: Arc<HashMap<_, _>> = Arc::new(WATCHED.into_iter().map(channel).collect());
        changes[&Table::Events].send_replace(chain.revision);
        let writer = Writer::start(Committer::new(db.clone(), vault.clone(), clock, chain, changes.clone()))?;
        Ok(Store { db, vault, writer, changes })
    }
}

fn vault_of(tx: &redb::WriteTransaction, credential: &Credential) -> Result<Vault> {
    let mut meta = tx.open_table(Table::Meta.definition()).map_err(storage)?;
    let known = meta.get(DATA_KEY).map_err(storage)?.map(|wrapped| wrapped.value().to_vec());
    let opened = Vault::of_store(credential, known.as_deref())?.ok_or_else(|| {
        Refusal::internal(
            "checkout-data.key is not the key of this store; restore the key that belongs to it (docs/operations.md)",
        )
    })?;
    if let Some(wrapped) = opened.rewrapped {
        meta.insert(DATA_KEY, wrapped.0.as_slice()).map_err(storage)?;
    }
    Ok(opened.vault)
}

impl Store {
    /// Runs `change` in a durable transaction; nothing of it remains when it is refused.
    pub async fn write<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.writer.send(change, reply)?;
        answer.await.unwrap_or_else(|_gone| Err(stopping("the change was not finished")))
    }

    /// The same on a thread that may wait.
    pub fn write_blocking<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.writer.send(change, reply)?;
        answer.blocking_recv().unwrap_or_else(|_gone| Err(stopping("the change was not finished")))
    }

    pub async fn read<T, F>(&self, look: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&View) -> Result<T> + Send + 'static,
    {
        let store = self.clone();
        tokio::task::spawn_blocking(move || store.read_blocking(look)).await.map_err(|join| {
            if join.is_cancelled() {
                stopping("the state was not read")
            } else {
                Refusal::internal(format!("the state was not read: {join}"))
            }
        })?
    }

    /// The same on a thread that may wait.
    pub fn read_blocking<T>(&self, look: impl FnOnce(&View) -> Result<T>) -> Result<T> {
        look(&View::new(self.db.begin_read().map_err(storage)?, self.vault.clone()))
    }

    /// The newest event's revision, as it rises.
    pub fn watch_events(&self) -> watch::Receiver<u64> {
        self.changes[&Table::Events].subscribe()
    }

    /// Changes whenever the outbox does.
    pub fn watch_outbox(&self) -> watch::Receiver<u64> {
        self.changes[&Table::Outbox].subscribe()
    }

    /// Changes whenever something new may be due: at the counter, and in the dialogue.
    pub fn watch_due(&self) -> (watch::Receiver<u64>, watch::Receiver<u64>) {
        (self.changes[&Table::Due].subscribe(), self.changes[&Table::DueDialogue].subscribe())
    }
}

/// A process that ends answers nobody: nothing of the change happened, and the next process answers.
pub fn stopping(what: &str) -> Refusal {
    let message = format!("{what}: checkout is stopping; repeat the call");
    Refusal::new(RefusalKind::Stopping, Reason::SERVICE_STOPPING, message)
}

/// The whole chain of causes in one line: an operator must be able to tell a full disk from a broken file.
pub fn storage(error: impl std::error::Error) -> Refusal {
    let mut message = format!("checkout's state cannot be used: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        message.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    Refusal::internal(message)
}
