//! Writes, one commit at a time. Calls that wait at the same time share one durable commit, made by a thread of its own;
//! a call that is alone makes its commit itself. So at most one of the async threads ever waits for the disk.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, mpsc, oneshot, watch};

use crate::config::Config;
use crate::domain::{Draft, LedgerError, Refusal, StorageError, UnixMicros};
use crate::store::{Head, Storage, View};

/// Overdue pending transfers released by one commit; the rest waits for the next.
const EXPIRIES_PER_COMMIT_MAX: usize = 1000;

/// A waiting batch takes one place in the queue for each so many changes, so that `queue_max` bounds memory, too.
const CHANGES_PER_PLACE: usize = 128;

/// Business time, injected.
pub type Now = Arc<dyn Fn() -> UnixMicros + Send + Sync>;

/// Answers a caller once its change is durable.
type Acknowledge = Box<dyn FnOnce(Head) + Send>;
type Decide = Box<dyn FnOnce(&mut Draft<'_, dyn View>) -> Result<Acknowledge, StorageError> + Send>;

enum Message {
    Job(Job),
    /// A commit failed on another thread: nothing more may be written.
    Failed(StorageError),
}

struct Job {
    weight: usize,
    decide: Decide,
    /// Given back when the job's group has been decided.
    _place: OwnedSemaphorePermit,
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
    /// Bounded by `places`.
    queue: mpsc::UnboundedSender<Message>,
    places: Arc<Semaphore>,
    queue_max: usize,
    head: watch::Receiver<Head>,
    committer: Arc<Committer>,
    inline: bool,
}

/// While it lives nothing expires by itself: imported records say what expired, and when.
pub struct Import(Arc<AtomicBool>);

impl Drop for Import {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

/// Resolves when the writing thread has ended: with an error if nothing more may be written.
pub type Ended = oneshot::Receiver<Result<(), StorageError>>;

impl Writer {
    pub fn start(storage: Arc<dyn Storage>, now: Now, config: Config) -> anyhow::Result<(Self, Ended)> {
        let (queue, jobs) = mpsc::unbounded_channel();
        let queue_max = config.queue_max.clamp(1, Semaphore::MAX_PERMITS);
        let (head_sender, head) = watch::channel(storage.view()?.head()?);
        let (ended_sender, ended) = oneshot::channel();
        let committer = Arc::new(Committer {
            storage,
            now,
            head: head_sender,
            importing: Arc::default(),
            asking: AtomicUsize::new(0),
            turn: Mutex::new(Turn::Free),
        });
        let mut thread =
            Thread { committer: Arc::clone(&committer), jobs, batch_max: config.commit_batch_max };
        thread::Builder::new().name("ledger-writer".to_owned()).spawn(move || {
            let result = thread.run();
            if let Err(error) = &result {
                let source = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
                tracing::error!(%error, source, "nothing more is written");
            }
            // The jobs still waiting are dropped unanswered before callers learn that the thread ended.
            drop(thread);
            let _nobody_waits = ended_sender.send(result);
        })?;
        let places = Arc::new(Semaphore::new(queue_max));
        Ok((Self { queue, places, queue_max, head, committer, inline: config.commit_alone_inline }, ended))
    }

    /// `None` = another import is running.
    pub fn begin_import(&self) -> Option<Import> {
        let free = self.committer.importing.compare_exchange(false, true, Ordering::SeqCst, Ordering::SeqCst);
        free.is_ok().then(|| Import(Arc::clone(&self.committer.importing)))
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
        let job = Job { weight, decide, _place: self.place(weight)? };
        let asking = Asking::one_more(&self.committer.asking);
        if let Some(job) = self.commit_alone(job, &asking) {
            self.queue.send(Message::Job(job)).map_err(|_| WriteError::Stopping)?;
        }
        Ok(answer.await.map_err(|_| WriteError::Stopping)??)
    }

    /// Commits the job if no other write waits; else gives it back. With company the thread is better: it commits while
    /// the async threads read the next calls.
    fn commit_alone(&self, job: Job, asking: &Asking<'_>) -> Option<Job> {
        let small = job.weight <= CHANGES_PER_PLACE;
        if !self.inline || !small || !asking.alone {
            return Some(job);
        }
        let Ok(mut turn) = self.committer.turn.try_lock() else { return Some(job) };
        if let Err(error) = self.committer.commit(&mut turn, vec![job]) {
            let _ended_already = self.queue.send(Message::Failed(error));
        }
        None
    }

    fn place(&self, weight: usize) -> Result<OwnedSemaphorePermit, WriteError> {
        let places = (1 + weight / CHANGES_PER_PLACE).min(self.queue_max);
        let places = u32::try_from(places).unwrap_or(u32::MAX);
        Arc::clone(&self.places).try_acquire_many_owned(places).map_err(|error| match error {
            TryAcquireError::NoPermits => WriteError::QueueFull,
            TryAcquireError::Closed => WriteError::Stopping,
        })
    }

    /// Makes due expiries durable now instead of with the next write.
    pub async fn expire_due(&self) -> Result<(), WriteError> {
        self.submit(0, |_| Ok(())).await.map(|_| ())
    }
}

/// Counts a call until it is answered or given up.
struct Asking<'c> {
    count: &'c AtomicUsize,
    alone: bool,
}

impl<'c> Asking<'c> {
    fn one_more(count: &'c AtomicUsize) -> Self {
        Self { alone: count.fetch_add(1, Ordering::SeqCst) == 0, count }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Committer {
    storage: Arc<dyn Storage>,
    now: Now,
    head: watch::Sender<Head>,
    importing: Arc<AtomicBool>,
    /// Calls that have no answer yet.
    asking: AtomicUsize,
    turn: Mutex<Turn>,
}

/// Who holds it commits.
enum Turn {
    Free,
    /// A commit failed: the disk's content is unknown.
    Never,
}

struct Thread {
    committer: Arc<Committer>,
    jobs: mpsc::UnboundedReceiver<Message>,
    batch_max: usize,
}

impl Thread {
    fn run(&mut self) -> Result<(), StorageError> {
        while let Some(first) = self.jobs.blocking_recv() {
            let committer = Arc::clone(&self.committer);
            // What comes while another thread commits joins this group.
            let mut turn = committer.turn.lock().unwrap_or_else(PoisonError::into_inner);
            let group = self.gather(first)?;
            committer.commit(&mut turn, group)?;
        }
        Ok(())
    }

    /// Takes what waits already; never waits for more.
    fn gather(&mut self, first: Message) -> Result<Vec<Job>, StorageError> {
        let (mut group, mut weight, mut next) = (Vec::new(), 0, Some(first));
        while let Some(message) = next {
            match message {
                Message::Failed(error) => return Err(error),
                Message::Job(job) => {
                    weight += job.weight;
                    group.push(job);
                }
            }
            next = if weight < self.batch_max { self.jobs.try_recv().ok() } else { None };
        }
        Ok(group)
    }
}

impl Committer {
    fn commit(&self, turn: &mut Turn, group: Vec<Job>) -> Result<(), StorageError> {
        if matches!(turn, Turn::Never) {
            return Err(StorageError::new("an earlier commit failed"));
        }
        self.commit_group(group).inspect_err(|_| *turn = Turn::Never)
    }

    fn commit_group(&self, group: Vec<Job>) -> Result<(), StorageError> {
        let view = self.storage.view()?;
        let mut head = view.head()?;
        let mut draft = Draft::new(&*view, (self.now)())?;
        if !self.importing.load(Ordering::SeqCst) {
            for overdue in view.due(draft.now(), EXPIRIES_PER_COMMIT_MAX)? {
                draft.expire(overdue)?;
            }
        }
        let mut acknowledgements = Vec::with_capacity(group.len());
        for job in group {
            acknowledgements.push((job.decide)(&mut draft)?);
        }
        let changes = draft.into_changes();
        // A snapshot that is still open would keep the commit from reusing its pages.
        drop(view);
        if !changes.records.is_empty() {
            let records = changes.records.len();
            head = self.storage.commit(changes)?;
            tracing::debug!(calls = acknowledgements.len(), records, "committed");
            self.head.send_replace(head);
        }
        for acknowledge in acknowledgements {
            acknowledge(head);
        }
        Ok(())
    }
}
