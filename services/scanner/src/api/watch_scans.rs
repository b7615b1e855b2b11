//! `WatchScans` and `ClaimScanner`: the same stream, for everyone or for one.

use std::sync::Arc;

use chit_proto::scanner::v1::watch_scans_response::Event;
use chit_proto::scanner::v1::{
    ClaimScannerRequest, ClaimScannerResponse, WatchScansRequest, WatchScansResponse, WatchScansStarted,
    claim_scanner_response,
};
use chit_runtime::Shutdown;
use chit_runtime::error::{bad_field, status};
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

use super::{Api, encode};
use crate::scans::{ClaimGuard, Scans};

pub type Events<M> = ReceiverStream<Result<M, Status>>;

/// Events on their way to a slow watcher; more wait in the ring.
const WAITING_MAX: usize = 16;
/// Characters of a claimant's name.
const NAME_LEN_MAX: usize = 64;

pub fn handle(api: &Api, request: &WatchScansRequest) -> Result<Events<WatchScansResponse>, Status> {
    let wrap = |event| WatchScansResponse { event: Some(event) };
    watch(api, &request.epoch, request.after_seq, None, false, wrap)
}

pub fn claim(api: &Api, request: &ClaimScannerRequest) -> Result<Events<ClaimScannerResponse>, Status> {
    let name = &request.name;
    if !(1..=NAME_LEN_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(bad_field("name", "CLAIM_INVALID", "must be a name of 1 to 64 characters"));
    }
    let claim = api.scans.claim(name).map_err(|holder| {
        let text = format!("{holder} holds the scanner for itself; wait until it lets go");
        status(Code::FailedPrecondition, "SCANNER_CLAIMED", text)
    })?;
    let wrap = |event| {
        let event = match event {
            Event::Started(started) => claim_scanner_response::Event::Started(started),
            Event::Scan(scan) => claim_scanner_response::Event::Scan(scan),
            Event::Refusal(refusal) => claim_scanner_response::Event::Refusal(refusal),
        };
        ClaimScannerResponse { event: Some(event) }
    };
    watch(api, &request.epoch, request.after_seq, Some(claim), request.replay_last, wrap)
}

fn watch<M: Send + 'static>(
    api: &Api,
    epoch: &str,
    after_seq: u64,
    claim: Option<ClaimGuard>,
    replay_last: bool,
    wrap: fn(Event) -> M,
) -> Result<Events<M>, Status> {
    let permit = Arc::clone(&api.watchers).try_acquire_owned().map_err(|_| {
        let text = "too many scan streams are open: close one first";
        status(Code::ResourceExhausted, "TOO_MANY_WATCHERS", text)
    })?;
    let mut newest = api.scans.subscribe();
    let last_seq = *newest.borrow_and_update();
    // Another run counted anew: its numbers mean nothing here.
    let after_seq = if epoch == api.scans.epoch() { after_seq } else { last_seq };
    let (events, stream) = mpsc::channel(WAITING_MAX);
    let watcher = Watcher {
        scans: Arc::clone(&api.scans),
        newest,
        shutdown: api.shutdown.clone(),
        events,
        wrap,
        claim,
        _permit: permit,
    };
    tokio::spawn(watcher.run(last_seq, after_seq, replay_last));
    Ok(ReceiverStream::new(stream))
}

struct Watcher<M> {
    scans: Arc<Scans>,
    newest: watch::Receiver<u64>,
    shutdown: Shutdown,
    events: mpsc::Sender<Result<M, Status>>,
    wrap: fn(Event) -> M,
    claim: Option<ClaimGuard>,
    _permit: OwnedSemaphorePermit,
}

impl<M: Send + 'static> Watcher<M> {
    /// Ends when the caller leaves or the service stops.
    async fn run(mut self, last_seq: u64, mut after_seq: u64, replay_last: bool) {
        let epoch = self.scans.epoch().to_owned();
        let claim = self.claim.as_ref().map_or(0, ClaimGuard::number);
        let started = Event::Started(WatchScansStarted { epoch: epoch.clone(), last_seq });
        if self.send(started).await.is_err() {
            return;
        }
        if let Some(last) = self.scans.last_scan(claim).filter(|last| replay_last && last.seq <= after_seq) {
            let mut event = encode::event(&epoch, last);
            if let Event::Scan(scan) = &mut event {
                scan.replayed = true;
            }
            if self.send(event).await.is_err() {
                return;
            }
        }
        loop {
            self.newest.mark_unchanged();
            for event in self.scans.after(after_seq, claim) {
                after_seq = event.seq;
                if self.send(encode::event(&epoch, event)).await.is_err() {
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
        self.events.send(Ok((self.wrap)(event))).await.map_err(|_caller_left| ())
    }
}
