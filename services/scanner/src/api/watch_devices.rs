//! `WatchDevices`.

use std::sync::Arc;

use chit_proto::scanner::v1::WatchDevicesResponse;
use chit_proto::scanner::v1::watch_devices_response::Event;
use chit_runtime::error::status;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

use super::{Api, encode};
use crate::domain::scan::Source;
use crate::sources::Seen;

pub type Events = ReceiverStream<Result<WatchDevicesResponse, Status>>;

/// Happenings on their way to a slow watcher.
const WAITING_MAX: usize = 16;

pub fn handle(api: &Api) -> Result<Events, Status> {
    let permit = Arc::clone(&api.watchers).try_acquire_owned().map_err(|_| {
        let text = "too many scan streams are open: close one first";
        status(Code::ResourceExhausted, "TOO_MANY_WATCHERS", text)
    })?;
    let mut seen = api.sources.watch();
    let (scans, shutdown) = (Arc::clone(&api.scans), api.shutdown.clone());
    let (events, stream) = mpsc::channel(WAITING_MAX);
    let work = async move {
        let _permit = permit;
        loop {
            let (device, source, one) = tokio::select! {
                one = seen.recv() => match one {
                    Ok(one) => one,
                    Err(RecvError::Lagged(_missed)) => continue,
                    Err(RecvError::Closed) => return,
                },
                () = events.closed() => return,
                () = shutdown.wait() => return,
            };
            let response = WatchDevicesResponse {
                device: device.to_string(),
                event: Some(event(&device, source, one, &scans)),
            };
            if events.send(Ok(response)).await.is_err() {
                return;
            }
        }
    };
    tokio::spawn(work);
    Ok(ReceiverStream::new(stream))
}

fn event(device: &str, source: Source, seen: Seen, scans: &crate::scans::Scans) -> Event {
    match seen {
        Seen::Received(bytes) => Event::Received(bytes),
        Seen::Framed(bytes) => Event::Framed(bytes),
        Seen::Reply(bytes) => Event::Reply(bytes),
        Seen::Scan(scan) => Event::Scan(encode::scan(source, device, scan, scans.now())),
        Seen::Refused(refusal) => Event::Refusal(encode::refusal(source, device, refusal, scans.now())),
    }
}
