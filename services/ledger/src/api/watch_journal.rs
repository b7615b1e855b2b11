//! `WatchJournal`.

use std::sync::Arc;

use chit_proto::ledger::v1::{WatchJournalRequest, WatchJournalResponse};
use chit_runtime::Shutdown;
use chit_runtime::error::status;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

use super::{Api, entry, read_from};
use crate::store::{Head, Storage};

pub type Entries = ReceiverStream<Result<WatchJournalResponse, Status>>;

/// Records read at a time, and kept for a slow watcher.
const PAGE: usize = 64;

pub fn handle(api: &Api, request: WatchJournalRequest) -> Result<Entries, Status> {
    let permit = Arc::clone(&api.watchers).try_acquire_owned().map_err(|_| {
        let text = "too many journal streams are open: close one first";
        status(Code::ResourceExhausted, "TOO_MANY_WATCHERS", text)
    })?;
    let (sender, entries) = mpsc::channel(PAGE);
    let watcher = Watcher {
        storage: Arc::clone(&api.storage),
        head: api.writer.head(),
        shutdown: api.shutdown.clone(),
        sender,
        _permit: permit,
    };
    tokio::spawn(watcher.run(request.after_seq));
    Ok(ReceiverStream::new(entries))
}

struct Watcher {
    storage: Arc<dyn Storage>,
    head: watch::Receiver<Head>,
    shutdown: Shutdown,
    sender: mpsc::Sender<Result<WatchJournalResponse, Status>>,
    _permit: OwnedSemaphorePermit,
}

impl Watcher {
    /// Ends when the caller leaves or the service stops.
    async fn run(mut self, mut after_seq: u64) {
        loop {
            self.head.mark_unchanged();
            let page =
                read_from(Arc::clone(&self.storage), move |view| view.entries_after(after_seq, PAGE)).await;
            let page = match page {
                Ok(page) => page,
                Err(status) => {
                    let _caller_left = self.sender.send(Err(status)).await;
                    return;
                }
            };
            if page.is_empty() {
                tokio::select! {
                    changed = self.head.changed() => if changed.is_err() { return },
                    () = self.sender.closed() => return,
                    () = self.shutdown.wait() => {
                        let text = "the ledger is stopping: watch again after the last record you got";
                        let _caller_left =
                            self.sender.send(Err(status(Code::Unavailable, "LEDGER_STOPPING", text))).await;
                        return;
                    }
                }
            }
            for record in page {
                after_seq = record.seq;
                let response = WatchJournalResponse { entry: Some(entry(record)) };
                if self.sender.send(Ok(response)).await.is_err() {
                    return;
                }
            }
        }
    }
}
