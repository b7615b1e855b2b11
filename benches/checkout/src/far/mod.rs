//! The other services, with devices that need no time. Each keeps what it was told, so that the bench can look at it
//! from its side of the wire.

pub mod ledger;
mod media;
mod plumbing;
mod printer;
pub mod sms;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chit_proto::scanner::v1 as scanner;
use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;

use crate::clock::Clock;
use plumbing::{Answer, Call, Fake, stream, unary, unimplemented};

const SERVICES: [&str; 5] = ["ledger", "printer", "media-capture", "scanner", "sms-gateway"];

#[derive(Clone)]
pub struct World {
    pub ledger: Arc<Mutex<ledger::Books>>,
    pub printer: printer::Printer,
    media: media::Media,
    pub sms: sms::Sms,
    clock: Clock,
    /// Calls so far: nothing is under way when the number stands still.
    calls: Arc<AtomicU64>,
}

impl World {
    pub fn serve(run_dir: &Path, clock: Clock) -> anyhow::Result<Self> {
        let world = Self {
            ledger: Arc::default(),
            printer: printer::Printer::default(),
            media: media::Media::default(),
            sms: sms::Sms::new(clock.clone()),
            clock,
            calls: Arc::default(),
        };
        std::fs::create_dir_all(run_dir)?;
        for service in SERVICES {
            let listener = UnixListener::bind(run_dir.join(format!("{service}.sock")))?;
            let here = world.clone();
            let fake = Fake(move |call| here.clone().answer(call));
            let incoming = UnixListenerStream::new(listener);
            tokio::spawn(tonic::transport::Server::builder().serve_with_incoming(fake, incoming));
        }
        Ok(world)
    }

    /// Until nothing was called for `pause`.
    pub async fn quiet(&self, pause: Duration) {
        const LOOK: Duration = Duration::from_millis(20);
        let (mut seen, mut since) = (self.calls.load(Ordering::Relaxed), Instant::now());
        while since.elapsed() < pause {
            tokio::time::sleep(LOOK.min(pause)).await;
            let now = self.calls.load(Ordering::Relaxed);
            if now != seen {
                (seen, since) = (now, Instant::now());
            }
        }
    }

    async fn answer(self, call: Call) -> Answer {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let path = call.uri().path().to_owned();
        let Some((service, method)) = path.trim_start_matches('/').split_once('/') else {
            return unimplemented();
        };
        match service {
            "chit.ledger.v1.LedgerService" => ledger::answer(self.ledger, self.clock, method, call).await,
            "chit.printer.v1.PrinterService" => self.printer.answer(method, call).await,
            "chit.media_capture.v1.MediaCaptureService" | "chit.media_capture.v1.EvidenceService" => {
                self.media.answer(method, call).await
            }
            "chit.sms_gateway.v1.SmsGatewayService" => self.sms.answer(method, call).await,
            "chit.scanner.v1.ScannerService" => scanner(method, call).await,
            _ => unimplemented(),
        }
    }
}

async fn scanner(method: &str, call: Call) -> Answer {
    match method {
        "GetStatus" => {
            unary(call, |_: scanner::GetStatusRequest| Ok(scanner::GetStatusResponse::default())).await
        }
        "WatchScans" => {
            stream(call, |_: scanner::WatchScansRequest| {
                let started = scanner::WatchScansStarted { epoch: "e".into(), last_seq: 0 };
                let event = Some(scanner::watch_scans_response::Event::Started(started));
                open_with(vec![scanner::WatchScansResponse { event }])
            })
            .await
        }
        _ => unimplemented(),
    }
}

/// A stream that begins with these and stays open until the caller leaves it.
fn open_with<T: Send + 'static>(
    first: Vec<T>,
) -> tokio::sync::mpsc::UnboundedReceiver<Result<T, tonic::Status>> {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    for item in first {
        let _gone = sender.send(Ok(item));
    }
    tokio::spawn(async move { sender.closed().await });
    receiver
}
