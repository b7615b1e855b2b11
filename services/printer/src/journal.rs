//! The store as the async side sees it: blocking work on its own threads, one signal for every change, and the
//! contents that must never be stored.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use chit_runtime::Clock;
use chit_vault::{Credential, Failure};
use tokio::sync::watch;

use crate::domain::condition::Condition;
use crate::domain::document::Document;
use crate::store::{Moment, Result, Store, StoreError};

pub struct Journal {
    store: Arc<Store>,
    clock: Clock,
    /// Code cards by job id, until they are sent. Dropping one wipes its rows.
    secrets: Mutex<HashMap<String, Document>>,
    changed: watch::Sender<u64>,
    failure: Failure,
}

impl Journal {
    pub fn open(path: &Path, credential: &Credential, clock: Clock) -> Result<Self> {
        let store = Store::open(path, credential, moment(&clock))?;
        let changed = watch::Sender::new(0);
        let failure = Failure::default();
        Ok(Self { store: Arc::new(store), clock, secrets: Mutex::default(), changed, failure })
    }

    pub fn moment(&self) -> Moment {
        moment(&self.clock)
    }

    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let store = Arc::clone(&self.store);
        let done =
            tokio::task::spawn_blocking(move || work(&store)).await.map_err(|_| StoreError::Stopping)?;
        if matches!(done, Err(StoreError::Database(_))) {
            self.failure.note();
        }
        done
    }

    /// Waits until the file has failed.
    pub async fn failed(&self) {
        self.failure.wait().await;
    }

    /// Returns after the commit, which `what` names; then notifies all watchers.
    pub async fn write<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Store) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (result, took) = self
            .read(move |store| {
                let begun = Instant::now();
                work(store).map(|result| (result, begun.elapsed()))
            })
            .await?;
        // Where a paper's time goes: `log = "chit_printer::journal=debug"` shows it.
        tracing::debug!(what, commit_us = took.as_micros() as u64, "committed");
        self.changed.send_modify(|count| *count += 1);
        Ok(result)
    }

    pub async fn block_waiting(&self, condition: Condition) -> Result<()> {
        let moment = self.moment();
        if self.read(move |store| store.block_waiting(condition, moment)).await? > 0 {
            self.changed.send_modify(|count| *count += 1);
        }
        Ok(())
    }

    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// True if nothing was held for this job before.
    pub fn hold_secret(&self, job_id: &str, document: Document) -> bool {
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        match secrets.contains_key(job_id) {
            true => false,
            false => secrets.insert(job_id.to_owned(), document).is_none(),
        }
    }

    pub fn take_secret(&self, job_id: &str) -> Option<Document> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).remove(job_id)
    }
}

fn moment(clock: &Clock) -> Moment {
    let monotonic = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    // Seconds since boot are never negative.
    let monotonic_ns = monotonic.tv_sec.unsigned_abs() * 1_000_000_000 + monotonic.tv_nsec.unsigned_abs();
    Moment { wall_ms: clock.now().as_millisecond(), monotonic_ns }
}
