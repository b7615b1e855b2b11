//! The only thread that writes. Calls that wait at the same time share one durable commit.

use std::sync::Arc;
use std::thread;

use tokio::sync::{mpsc, oneshot, watch};

use crate::config::Config;
use crate::domain::{Draft, LedgerError, Refusal, StorageError, UnixMicros};
use crate::store::{Head, Storage, View};

/// Overdue pending transfers released by one commit; the rest waits for the next.
const EXPIRIES_PER_COMMIT_MAX: usize = 1000;

/// Business time, injected.
pub type Now = Arc<dyn Fn() -> UnixMicros + Send + Sync>;

/// Answers a caller once its change is durable.
type Acknowledge = Box<dyn FnOnce(Head) + Send>;
type Decide = Box<dyn FnOnce(&mut Draft<'_, dyn View>) -> Result<Acknowledge, StorageError> + Send>;

struct Job {
    weight: usize,
    decide: Decide,
}

/// Why a write has no answer.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("too many writes are waiting")]
    QueueFull,
    #[error("the ledger is stopping")]
    Stopping,
}

/// Hands changes to the writing thread. The thread ends when all clones are gone.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Job>,
    head: watch::Receiver<Head>,
}

/// Resolves when the writing thread has ended: with an error if nothing more may be written.
pub type Ended = oneshot::Receiver<Result<(), StorageError>>;

impl Writer {
    pub fn start(storage: Arc<dyn Storage>, now: Now, config: Config) -> anyhow::Result<(Self, Ended)> {
        let (queue, jobs) = mpsc::channel(config.queue_max.max(1));
        let (head_sender, head) = watch::channel(storage.view()?.head()?);
        let (ended_sender, ended) = oneshot::channel();
        let mut committer =
            Committer { storage, now, jobs, batch_max: config.commit_batch_max, head: head_sender };
        thread::Builder::new().name("ledger-writer".to_owned()).spawn(move || {
            let result = committer.run();
            if let Err(error) = &result {
                let source = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
                tracing::error!(%error, source, "nothing more is written");
            }
            // The jobs still waiting are dropped unanswered before anybody learns that the thread ended.
            drop(committer);
            let _nobody_waits = ended_sender.send(result);
        })?;
        Ok((Self { queue, head }, ended))
    }

    /// The newest durable record, and a way to wait for the next.
    pub fn head(&self) -> watch::Receiver<Head> {
        self.head.clone()
    }

    /// Runs `decide` on the writing thread and answers when its changes are durable. A refusal, too, is answered
    /// only then: it may have spent an id. `weight` counts the changes asked for.
    pub async fn submit<T, F>(&self, weight: usize, decide: F) -> Result<(T, Head), WriteError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Draft<'_, dyn View>) -> Result<T, LedgerError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let decide: Decide = Box::new(move |draft| {
            let outcome = match decide(draft) {
                Ok(value) => Ok(value),
                Err(LedgerError::Refused(refusal)) => Err(refusal),
                Err(LedgerError::Storage(error)) => return Err(error),
            };
            Ok(Box::new(move |head| {
                let _caller_gave_up = reply.send(outcome.map(|value| (value, head)));
            }))
        });
        self.queue.try_send(Job { weight, decide }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => WriteError::QueueFull,
            mpsc::error::TrySendError::Closed(_) => WriteError::Stopping,
        })?;
        Ok(answer.await.map_err(|_| WriteError::Stopping)??)
    }

    /// Makes due expiries durable now instead of with the next write.
    pub async fn expire_due(&self) -> Result<(), WriteError> {
        self.submit(0, |_| Ok(())).await.map(|_| ())
    }
}

struct Committer {
    storage: Arc<dyn Storage>,
    now: Now,
    jobs: mpsc::Receiver<Job>,
    batch_max: usize,
    head: watch::Sender<Head>,
}

impl Committer {
    fn run(&mut self) -> Result<(), StorageError> {
        while let Some(first) = self.jobs.blocking_recv() {
            let group = self.gather(first);
            self.commit(group)?;
        }
        Ok(())
    }

    /// Takes what waits already; never waits for more.
    fn gather(&mut self, first: Job) -> Vec<Job> {
        let mut weight = first.weight;
        let mut group = vec![first];
        while weight < self.batch_max {
            let Ok(next) = self.jobs.try_recv() else { break };
            weight += next.weight;
            group.push(next);
        }
        group
    }

    fn commit(&self, group: Vec<Job>) -> Result<(), StorageError> {
        let view = self.storage.view()?;
        let mut head = view.head()?;
        let mut draft = Draft::new(&*view, (self.now)())?;
        for overdue in view.due(draft.now(), EXPIRIES_PER_COMMIT_MAX)? {
            draft.expire(overdue)?;
        }
        let mut acknowledgements = Vec::with_capacity(group.len());
        for job in group {
            acknowledgements.push((job.decide)(&mut draft)?);
        }
        let changes = draft.into_changes();
        // A snapshot that is still open would keep the commit from reusing its pages.
        drop(view);
        if !changes.records.is_empty() {
            head = self.storage.commit(&changes)?;
            tracing::debug!(calls = acknowledgements.len(), records = changes.records.len(), "committed");
            self.head.send_replace(head);
        }
        for acknowledge in acknowledgements {
            acknowledge(head);
        }
        Ok(())
    }
}
