//! One thread writes. What waits when it is free goes into one transaction: one `fsync` for many changes.

use super::txn::Txn;
use super::{EVENTS, INBOX, Result, StoreError};
use crate::crash;
use chit_vault::{Failure, Vault};
use redb::{Database, ReadableTable};
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot, watch};

/// Changes that may wait; callers wait beyond that.
const WAITING_MAX: usize = 1024;
/// Changes of one transaction: bounds how long the first one waits for its commit.
const BATCH_MAX: usize = 256;

/// One caller's change. It may be applied more than once, each time to a fresh transaction.
trait Job: Send {
    /// `Err` leaves nothing behind in a batch if it is a refusal; see `StoreError::is_refusal`.
    fn apply(&mut self, txn: &Txn) -> std::result::Result<(), StoreError>;
    fn refuse(&mut self, error: StoreError);
    fn answer(self: Box<Self>);
}

struct Change<T, F> {
    work: F,
    outcome: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T: Send, F: FnMut(&Txn) -> Result<T> + Send> Job for Change<T, F> {
    fn apply(&mut self, txn: &Txn) -> std::result::Result<(), StoreError> {
        match (self.work)(txn) {
            Err(error) if !error.is_refusal() => Err(error),
            outcome => {
                self.outcome = Some(outcome);
                Ok(())
            }
        }
    }

    fn refuse(&mut self, error: StoreError) {
        self.outcome = Some(Err(error));
    }

    fn answer(self: Box<Self>) {
        let Self { outcome, reply, .. } = *self;
        // A caller that went away does not undo its change.
        let _ = reply.send(outcome.unwrap_or(Err(StoreError::Stopped)));
    }
}

/// A change on its way to the disk.
pub struct Pending<T>(oneshot::Receiver<Result<T>>);

impl<T> Pending<T> {
    pub async fn done(self) -> Result<T> {
        self.0.await.unwrap_or(Err(StoreError::Stopped))
    }
}

pub struct Writer {
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

/// What the books end with, for those who watch them.
pub struct Ends {
    /// Latest revision of the outbox; watchers read the events they miss.
    pub revision: watch::Sender<u64>,
    /// Latest sequence number of the inbox.
    pub inbound: watch::Sender<u64>,
    pub failure: Failure,
}

impl Writer {
    pub fn start(db: Arc<Database>, vault: Arc<Vault>, ends: Arc<Ends>) -> std::io::Result<Self> {
        let (jobs, mut waiting) = mpsc::channel::<Box<dyn Job>>(WAITING_MAX);
        let thread = std::thread::Builder::new().name("sms-writer".into()).spawn(move || {
            while let Some(first) = waiting.blocking_recv() {
                let mut batch = vec![first];
                while batch.len() < BATCH_MAX
                    && let Ok(job) = waiting.try_recv()
                {
                    batch.push(job);
                }
                run(&db, &vault, &ends, batch);
            }
        })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// From async code; waits only for a place in the queue. Changes are applied in the order of these calls.
    pub async fn enqueue<T: Send + 'static>(
        &self,
        work: impl FnMut(&Txn) -> Result<T> + Send + 'static,
    ) -> Result<Pending<T>> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Change { work, outcome: None, reply });
        let jobs = self.jobs.as_ref().ok_or(StoreError::Stopped)?;
        jobs.send(job).await.map_err(|_| StoreError::Stopped)?;
        Ok(Pending(answer))
    }

    /// From a thread that may block.
    pub fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&Txn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Change { work, outcome: None, reply });
        let jobs = self.jobs.as_ref().ok_or(StoreError::Stopped)?;
        jobs.blocking_send(job).map_err(|_| StoreError::Stopped)?;
        answer.blocking_recv().unwrap_or(Err(StoreError::Stopped))
    }
}

impl Drop for Writer {
    /// The database is free when this returns.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A job that fails for another reason than a refusal spoils a common transaction; then each has its own.
fn run(db: &Database, vault: &Arc<Vault>, ends: &Ends, mut batch: Vec<Box<dyn Job>>) {
    if commit(db, vault, ends, &mut batch).is_err() {
        for job in &mut batch {
            if let Err(error) = commit(db, vault, ends, std::slice::from_mut(job)) {
                if matches!(error, StoreError::Database(_)) {
                    ends.failure.note();
                }
                job.refuse(error);
            }
        }
    }
    batch.into_iter().for_each(Job::answer);
}

fn commit(db: &Database, vault: &Arc<Vault>, ends: &Ends, batch: &mut [Box<dyn Job>]) -> Result<()> {
    let txn = Txn::new(db.begin_write()?, Arc::clone(vault));
    for job in batch {
        job.apply(&txn)?;
    }
    let revision = txn.open_table(EVENTS)?.last()?.map_or(0, |(last, _)| last.value());
    let inbound = txn.open_table(INBOX)?.last()?.map_or(0, |(last, _)| last.value());
    crash::point("before-commit");
    txn.commit()?;
    crash::point("after-commit");
    announce(&ends.revision, revision);
    announce(&ends.inbound, inbound);
    Ok(())
}

fn announce(end: &watch::Sender<u64>, last: u64) {
    end.send_if_modified(|known| {
        let newer = last > *known;
        *known = last.max(*known);
        newer
    });
}
