//! Checkout's own state: one redb file that only this process opens.
//!
//! A write is one durable transaction that holds a change of state, its event and its outbox rows together (I6).

mod rows;
mod tables;
mod tx;

use std::path::Path;
use std::sync::Arc;

use redb::{Database, ReadableDatabase};
use tokio::sync::watch;

use crate::domain::refusal::{Refusal, RefusalKind, Result};

pub use rows::{ReadTx, Rows};
pub use tx::Tx;

#[derive(Clone)]
pub struct Store {
    db: Arc<Database>,
    /// Newest event's revision: whoever waits for a change waits here.
    revision: Arc<watch::Sender<u64>>,
    /// Rises when the outbox got a row.
    outbox: Arc<watch::Sender<u64>>,
    clock: chit_runtime::Clock,
}

impl Store {
    pub fn open(path: &Path, clock: chit_runtime::Clock) -> Result<Self> {
        let db = Database::create(path).map_err(storage)?;
        let tx = db.begin_write().map_err(storage)?;
        tables::create(&tx)?;
        tx.commit().map_err(storage)?;
        let revision = ReadTx::new(db.begin_read().map_err(storage)?).newest_revision()?;
        Ok(Self {
            db: Arc::new(db),
            revision: Arc::new(watch::Sender::new(revision)),
            outbox: Arc::new(watch::Sender::new(0)),
            clock,
        })
    }

    /// Runs `change` in one durable transaction; nothing of it remains when it is refused.
    pub async fn write<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx) -> Result<T> + Send + 'static,
    {
        let store = self.clone();
        tokio::task::spawn_blocking(move || store.write_blocking(change))
            .await
            .map_err(|join| unfinished("the change was not finished", &join))?
    }

    /// The same on a thread that may wait.
    pub fn write_blocking<T>(&self, change: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        let inner = self.db.begin_write().map_err(storage)?;
        let mut tx = Tx::new(inner, self.clock.now().as_millisecond())?;
        let answer = change(&mut tx)?;
        let (revision, outbox_grew) = tx.commit()?;
        self.revision.send_if_modified(|known| std::mem::replace(known, revision.max(*known)) < revision);
        if outbox_grew {
            self.outbox.send_modify(|rows| *rows += 1);
        }
        Ok(answer)
    }

    pub async fn read<T, F>(&self, look: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&ReadTx) -> Result<T> + Send + 'static,
    {
        let db = self.db.clone();
        tokio::task::spawn_blocking(move || look(&ReadTx::new(db.begin_read().map_err(storage)?)))
            .await
            .map_err(|join| unfinished("the state was not read", &join))?
    }

    /// The same on a thread that may wait.
    pub fn read_blocking<T>(&self, look: impl FnOnce(&ReadTx) -> Result<T>) -> Result<T> {
        look(&ReadTx::new(self.db.begin_read().map_err(storage)?))
    }

    pub fn watch_revision(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    pub fn watch_outbox(&self) -> watch::Receiver<u64> {
        self.outbox.subscribe()
    }
}

/// A process that ends cancels what waits for a thread: nothing of it happened, and the next process answers.
fn unfinished(what: &str, join: &tokio::task::JoinError) -> Refusal {
    if join.is_cancelled() {
        return Refusal::new(
            RefusalKind::Stopping,
            "SERVICE_STOPPING",
            format!("{what}: checkout is stopping; repeat the call"),
        );
    }
    Refusal::internal(format!("{what}: {join}"))
}

/// The whole chain of causes in one line: an operator must be able to tell a full disk from a broken file.
fn storage(error: impl std::error::Error) -> Refusal {
    let mut message = format!("checkout's state cannot be used: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        message.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    Refusal::internal(message)
}
