use chit_proto::printer::v1::{WatchJobRequest, WatchJobResponse};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::{Api, Events, errors};
use crate::store::StoreError;
use crate::wire;

/// Events read from the journal at a time, and waiting for a slow watcher.
const BATCH: usize = 32;

pub async fn call(api: &Api, request: WatchJobRequest) -> Result<Events<WatchJobResponse>, Status> {
    let mut changes = api.journal.changes();
    let id = request.job_id.clone();
    let job = api.journal.read(move |store| store.job(&id)).await;
    job.map_err(|error| errors::from_store(error, "JOB_NOT_FOUND"))?;

    let (events, stream) = mpsc::channel(BATCH);
    let journal = std::sync::Arc::clone(&api.journal);
    tokio::spawn(async move {
        let mut after = request.after_revision;
        loop {
            let id = request.job_id.clone();
            let batch =
                journal.read(move |store| Ok((store.events(&id, after, BATCH)?, store.job(&id)?))).await;
            let (batch, job) = match batch {
                Ok(read) => read,
                Err(StoreError::NotFound) => return,
                Err(error) => {
                    // The watcher may be gone already; then there is no one to inform.
                    let _ = events.send(Err(errors::from_store(error, "JOB_NOT_FOUND"))).await;
                    return;
                }
            };
            for event in &batch {
                after = event.job.revision;
                let response = WatchJobResponse { event: Some(wire::event(event)) };
                if events.send(Ok(response)).await.is_err() {
                    return;
                }
            }
            if after >= job.revision {
                if job.state.is_final() {
                    return;
                }
                tokio::select! {
                    changed = changes.changed() => if changed.is_err() { return },
                    () = events.closed() => return,
                }
            }
        }
    });
    Ok(Box::pin(ReceiverStream::new(stream)))
}
