use std::pin::Pin;
use std::sync::Arc;

use chit_proto::checkout::v1::{WatchEventsRequest, WatchEventsResponse};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::api::convert;
use crate::domain::refusal::Refusal;
use crate::shop::Shop;
use crate::store::Rows;

pub type Events = Pin<Box<dyn tokio_stream::Stream<Item = Result<WatchEventsResponse, Status>> + Send>>;

/// Events read at a time.
const PAGE: usize = 256;
/// Events that wait for a slow reader; the rest stays in the store.
const BUFFER: usize = 64;

pub async fn handle(shop: &Arc<Shop>, request: WatchEventsRequest) -> Result<Events, Status> {
    let (sender, receiver) = mpsc::channel(BUFFER);
    tokio::spawn(follow(shop.clone(), request, sender));
    Ok(Box::pin(ReceiverStream::new(receiver)))
}

async fn follow(
    shop: Arc<Shop>,
    request: WatchEventsRequest,
    sender: mpsc::Sender<Result<WatchEventsResponse, Status>>,
) {
    let mut revision = shop.store.watch_revision();
    let mut after = request.after_revision;
    loop {
        revision.mark_unchanged();
        match page(&shop, after, &request.subject_id).await {
            Ok((responses, last)) => {
                let more = last > after;
                after = last;
                for response in responses {
                    if sender.send(Ok(response)).await.is_err() {
                        return;
                    }
                }
                if more {
                    continue;
                }
            }
            Err(refusal) => {
                // The reader is told; if he is gone there is nobody to tell.
                let _ = sender.send(Err(refusal.into())).await;
                return;
            }
        }
        tokio::select! {
            () = shop.shutdown.wait() => return,
            () = sender.closed() => return,
            changed = revision.changed() => if changed.is_err() { return },
        }
    }
}

async fn page(shop: &Shop, after: u64, subject_id: &str) -> Result<(Vec<WatchEventsResponse>, u64), Refusal> {
    let events = shop.store.read(move |rows| rows.events_after(after, PAGE)).await?;
    let last = events.last().map_or(after, |event| event.revision);
    let wanted = events.into_iter().filter(|event| subject_id.is_empty() || event.subject_id == subject_id);
    let responses: Result<Vec<_>, _> = wanted
        .map(|event| {
            Ok(WatchEventsResponse { event: Some(convert::event(event, shop.cfg.evidence_policy)?) })
        })
        .collect();
    Ok((responses?, last))
}
