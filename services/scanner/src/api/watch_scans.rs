//! `WatchScans`.

use std::sync::Arc;

use chit_proto::scanner::v1::watch_scans_response::Event;
use chit_proto::scanner::v1::{WatchScansRequest, WatchScansResponse, WatchScansStarted};
use chit_runtime::Shutdown;
use chit_runtime::error::status;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

use super::{Api, encode};
use crate::scans::Scans;

pub type Events = ReceiverStream<Result<WatchScansResponse, Status>>;

/// Events on their way to a slow watcher; more wait in the ring.
const WAITING_MAX: usize = 16;

pub fn handle(api: &Api, request: WatchScansRequest) -> Result<Events, Status> {
    let permit = Arc::clone(&api.watchers).try_acquire_owned().map_err(|_| {
        let text = "too many scan streams are open: close one first";
        status(Code::ResourceExhausted, "TOO_MANY_WATCHERS", text)
    })?;
    let mut newest = api.scans.subscribe();
    let last_seq = *newest.borrow_and_update();
    // Another run counted anew: its numbers mean nothing here.
    let after_seq = if request.epoch == api.scans.epoch() { request.after_seq } else { last_seq };
    let (events, stream) = mpsc::channel(WAITING_MAX);
    let watcher = Watcher {
        scans: Arc::clone(&api.scans),
        newest,
        shutdown: api.shutdown.clone(),
        events,
        _permit: permit,
    };
    tokio::spawn(watcher.run(last_seq, after_seq));
    Ok(ReceiverStream::new(stream))
}

struct Watcher {
    scans: Arc<Scans>,
    newest: watch::Receiver<u64>,
    shutdown: Shutdown,
    events: mpsc::Sender<Result<WatchScansResponse, Status>>,
    _permit: OwnedSemaphorePermit,
}

impl Watcher {
    /// Ends when the caller leaves or the service stops.
    async fn run(mut self, last_seq: u64, mut after_seq: u64) {
        let epoch = self.scans.epoch().to_owned();
        let started = Event::Started(WatchScansStarted { epoch: epoch.clone(), last_seq });
        if self.send(started).await.is_err() {
            return;
        }
        loop {
            self.newest.mark_unchanged();
            for scan in self.scans.after(after_seq) {
                after_seq = scan.seq;
                if self.send(Event::Scan(encode::scan(&epoch, scan))).await.is_err() {
                    return;
                }
            }
            tokio::select! {
                changed = self.newest.changed() => if changed.is_err() { return },
                () = self.events.closed() => return,
                () = self.shutdown.wait() => {
                    let text = "the scanner is stopping: watch again after the last scan you got";
                    let stopping = status(Code::Unavailable, "SERVICE_STOPPING", text);
                    let _caller_left = self.events.send(Err(stopping)).await;
                    return;
                }
            }
        }
    }

    async fn send(&self, event: Event) -> Result<(), ()> {
        self.events.send(Ok(WatchScansResponse { event: Some(event) })).await.map_err(|_caller_left| ())
    }
}
