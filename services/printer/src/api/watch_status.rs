use chit_proto::printer::v1::WatchStatusResponse;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::{Api, Events, get_status};

/// A slow watcher misses nothing but intermediate states.
const WAITING_MAX: usize = 4;

pub fn call(api: &Api) -> Result<Events<WatchStatusResponse>, Status> {
    let mut api = api.clone();
    let mut changes = api.journal.changes();
    let (statuses, stream) = mpsc::channel(WAITING_MAX);
    tokio::spawn(async move {
        let mut told = None;
        loop {
            api.status.mark_unchanged();
            let status = match get_status::current(&api).await {
                Ok(status) => status,
                Err(error) => {
                    // The watcher may be gone already; then there is no one to inform.
                    let _ = statuses.send(Err(error)).await;
                    return;
                }
            };
            if told.as_ref() != Some(&status) {
                told = Some(status.clone());
                if statuses.send(Ok(WatchStatusResponse { status: Some(status) })).await.is_err() {
                    return;
                }
            }
            tokio::select! {
                changed = api.status.changed() => if changed.is_err() { return },
                changed = changes.changed() => if changed.is_err() { return },
                () = statuses.closed() => return,
            }
        }
    });
    Ok(Box::pin(ReceiverStream::new(stream)))
}
