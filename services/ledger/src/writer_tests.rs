//! Group commit, back-pressure and failure, with a disk that does what the test says.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use crate::config::Config;
use crate::domain::memory_books::{clerk, hold_for, post, post_pending, terms};
use crate::domain::{Changes, Reason, StorageError, UnixMicros};
use crate::notary::Notary;
use crate::store::{Compacted, CompactionFault, Head, JournalStore, Storage, View};
use crate::writer::{Ended, Now, WriteError, Writer};

/// Signals when a commit begins, and lets it continue or fail on command.
struct Gate {
    inner: JournalStore,
    begins: Mutex<tokio::sync::mpsc::UnboundedSender<usize>>,
    verdicts: Mutex<mpsc::Receiver<bool>>,
    commits: AtomicUsize,
}

impl Storage for Gate {
    fn view(&self) -> Result<Box<dyn View>, StorageError> {
        self.inner.view()
    }

    fn health(&self) -> Result<(), StorageError> {
        self.inner.health()
    }

    fn compact(&self) -> Result<Compacted, CompactionFault> {
        self.inner.compact()
    }

    fn commit(&self, changes: Changes) -> Result<Head, StorageError> {
        self.commits.fetch_add(1, Ordering::SeqCst);
        self.begins.lock().unwrap().send(changes.records.len()).unwrap();
        let verdict = self.verdicts.lock().unwrap().recv().unwrap_or(true);
        if verdict { self.inner.commit(changes) } else { Err(StorageError::new("the disk is full")) }
    }
}

struct Desk {
    gate: Arc<Gate>,
    writer: Writer,
    ended: Ended,
    begins: tokio::sync::mpsc::UnboundedReceiver<usize>,
    verdicts: mpsc::Sender<bool>,
    _dir: tempfile::TempDir,
}

/// Every call goes through the queue, so that a test can hold a commit up and see the others wait.
fn waiting() -> Config {
    Config { commit_alone_inline: false, ..Config::default() }
}

fn notary() -> Arc<Notary> {
    Arc::new(Notary::new(&[1; 32]).unwrap())
}

fn clock() -> Now {
    Arc::new(|| UnixMicros(1))
}

fn desk(config: Config) -> Desk {
    let dir = tempfile::tempdir().unwrap();
    let inner = JournalStore::open(dir.path()).unwrap();
    let (begins_sender, begins) = tokio::sync::mpsc::unbounded_channel();
    let (verdicts, verdict_receiver) = mpsc::channel();
    let gate = Arc::new(Gate {
        inner,
        begins: Mutex::new(begins_sender),
        verdicts: Mutex::new(verdict_receiver),
        commits: AtomicUsize::new(0),
    });
    let (writer, ended) = Writer::start(Arc::clone(&gate) as Arc<dyn Storage>, clock(), config).unwrap();
    Desk { gate, writer, ended, begins, verdicts, _dir: dir }
}

/// Starts a write and returns once it is in the queue.
fn open_account(writer: &Writer, n: u8) -> tokio::task::JoinHandle<Result<Head, WriteError>> {
    let writer = writer.clone();
    tokio::spawn(async move {
        let answer = writer.submit(1, move |draft| draft.create_account(&clerk(), terms(n))).await;
        answer.map(|(_, head)| head)
    })
}

#[tokio::test]
async fn calls_that_wait_together_share_one_commit_and_none_is_answered_before_it() {
    let mut desk = desk(waiting());
    let first = open_account(&desk.writer, 1);
    assert_eq!(desk.begins.recv().await, Some(1));
    let waiting: Vec<_> = (2..=64).map(|n| open_account(&desk.writer, n)).collect();
    // Single-threaded runtime: after one turn every spawned call is in the queue.
    tokio::task::yield_now().await;
    assert!(!first.is_finished());
    desk.verdicts.send(true).unwrap();
    assert_eq!(first.await.unwrap().unwrap().seq, 1);
    assert_eq!(desk.begins.recv().await, Some(63));
    assert!(waiting.iter().all(|call| !call.is_finished()));
    desk.verdicts.send(true).unwrap();
    for call in waiting {
        assert_eq!(call.await.unwrap().unwrap().seq, 64);
    }
    assert_eq!(desk.gate.commits.load(Ordering::SeqCst), 2);
    assert_eq!(desk.writer.head().borrow().seq, 64);
}

#[tokio::test]
async fn a_full_queue_is_said_and_a_group_stays_within_its_bound() {
    let mut desk = desk(Config { queue_max: 4, commit_batch_max: 3, ..waiting() });
    let first = open_account(&desk.writer, 1);
    assert_eq!(desk.begins.recv().await, Some(1));
    let waiting: Vec<_> = (2..=5).map(|n| open_account(&desk.writer, n)).collect();
    tokio::task::yield_now().await;
    let refused = open_account(&desk.writer, 6).await.unwrap();
    assert!(matches!(refused, Err(WriteError::QueueFull)));
    desk.verdicts.send(true).unwrap();
    first.await.unwrap().unwrap();
    assert_eq!(desk.begins.recv().await, Some(3));
    desk.verdicts.send(true).unwrap();
    assert_eq!(desk.begins.recv().await, Some(1));
    desk.verdicts.send(true).unwrap();
    for call in waiting {
        call.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_batch_takes_more_places_in_the_queue_than_a_single_call() {
    let mut desk = desk(Config { queue_max: 64, ..waiting() });
    let first = open_account(&desk.writer, 1);
    assert_eq!(desk.begins.recv().await, Some(1));
    let batch = desk.writer.submit(8000, |_| Ok(()));
    let refused = desk.writer.submit(8000, |_| Ok(()));
    let (batch, refused, first) = tokio::join!(batch, refused, async {
        tokio::task::yield_now().await;
        desk.verdicts.send(true).unwrap();
        first.await.unwrap()
    });
    assert!(batch.is_ok() && first.is_ok());
    assert!(matches!(refused, Err(WriteError::QueueFull)));
}

#[tokio::test]
async fn after_a_failed_commit_nobody_is_answered_and_nothing_more_is_written() {
    let mut desk = desk(waiting());
    let first = open_account(&desk.writer, 1);
    desk.begins.recv().await;
    let waiting = open_account(&desk.writer, 2);
    tokio::task::yield_now().await;
    desk.verdicts.send(false).unwrap();
    assert!(matches!(first.await.unwrap(), Err(WriteError::Stopping)));
    assert!(matches!(waiting.await.unwrap(), Err(WriteError::Stopping)));
    assert!(desk.ended.await.unwrap().is_err());
    assert!(matches!(open_account(&desk.writer, 3).await.unwrap(), Err(WriteError::Stopping)));
    assert_eq!(desk.gate.commits.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_service_ends_with_an_error_when_a_commit_fails() {
    let desk = desk(waiting());
    let dir = tempfile::tempdir().unwrap();
    let ctx = chit_runtime::Context::sandbox_in("ledger", dir.path());
    let shared = Arc::clone(&ctx.shared);
    let service =
        tokio::spawn(crate::serve(ctx, waiting(), notary(), Arc::clone(&desk.gate) as Arc<dyn Storage>));
    desk.verdicts.send(false).unwrap();
    let mut client = chit_proto::ledger::v1::ledger_service_client::LedgerServiceClient::new(
        chit_runtime::channel(&shared, "ledger"),
    );
    let request = chit_proto::ledger::v1::CreateAccountRequest {
        account: Some(chit_proto::ledger::v1::Account {
            create_time: None,
            ..crate::wire::account_to_pb(&crate::domain::Account::opened(terms(1), UnixMicros(0)))
        }),
        actor: "clerk".to_owned(),
    };
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    while !service.is_finished() {
        assert!(tokio::time::Instant::now() < deadline, "the service continues after a failed commit");
        // Until its socket is there, and again until it is gone.
        let answer = client.create_account(request.clone()).await;
        assert!(answer.is_err(), "acknowledged though the commit failed");
        tokio::task::yield_now().await;
    }
    let error = service.await.unwrap().unwrap_err();
    assert!(format!("{error:#}").contains("the disk is full"), "{error:#}");
}

#[tokio::test]
async fn a_refusal_is_answered_after_it_is_durable() {
    let mut desk = desk(waiting());
    (0..4).for_each(|_| desk.verdicts.send(true).unwrap());
    open_account(&desk.writer, 1).await.unwrap().unwrap();
    let asked = post(10, terms(1).id, terms(2).id, 5);
    let refused = desk.writer.submit(1, move |draft| draft.accept(&clerk(), &asked)).await;
    assert!(
        matches!(refused, Err(WriteError::Refused(refusal)) if refusal.reason == Reason::AccountNotFound)
    );
    assert_eq!((desk.begins.recv().await, desk.begins.recv().await), (Some(1), Some(1)));
}

#[tokio::test]
async fn overdue_transfers_expire_before_the_commit_that_finds_them() {
    let dir = tempfile::tempdir().unwrap();
    let storage: Arc<dyn Storage> = Arc::new(JournalStore::open(dir.path()).unwrap());
    let time = Arc::new(std::sync::atomic::AtomicI64::new(1));
    let now: Now = {
        let time = Arc::clone(&time);
        Arc::new(move || UnixMicros(time.load(Ordering::SeqCst)))
    };
    let (writer, _ended) = Writer::start(Arc::clone(&storage), now, waiting()).unwrap();
    open_account(&writer, 1).await.unwrap().unwrap();
    open_account(&writer, 2).await.unwrap().unwrap();
    let (payer, shop) = (terms(1).id, terms(2).id);
    for id in 10..13 {
        let asked = hold_for(100, id, payer, shop, 5);
        writer.submit(1, move |draft| draft.accept(&clerk(), &asked)).await.unwrap();
    }
    time.store(101, Ordering::SeqCst);
    let late = post_pending(20, 10, None);
    let refused = writer.submit(1, move |draft| draft.accept(&clerk(), &late)).await;
    assert!(matches!(refused, Err(WriteError::Refused(refusal)) if refusal.reason == Reason::PendingExpired));
    let view = storage.view().unwrap();
    assert_eq!(view.open_pendings().unwrap(), 0);
    assert_eq!(view.account(payer).unwrap().unwrap().balances.debits_pending, 0);
    assert_eq!(crate::audit::verify(&*view).unwrap().problem, None);
}

#[tokio::test]
async fn a_call_that_finds_nobody_waiting_is_committed_at_once_and_its_failure_ends_the_ledger() {
    let mut desk = desk(Config::default());
    desk.verdicts.send(true).unwrap();
    open_account(&desk.writer, 1).await.unwrap().unwrap();
    assert_eq!(desk.begins.recv().await, Some(1));
    desk.verdicts.send(false).unwrap();
    assert!(matches!(open_account(&desk.writer, 2).await.unwrap(), Err(WriteError::Stopping)));
    assert!(desk.ended.await.unwrap().is_err());
    assert!(matches!(open_account(&desk.writer, 3).await.unwrap(), Err(WriteError::Stopping)));
    assert_eq!(desk.gate.commits.load(Ordering::SeqCst), 2);
}
