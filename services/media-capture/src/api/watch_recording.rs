use chit_proto::media_capture::v1::{RecordingEventKind, WatchRecordingRequest, WatchRecordingResponse};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::{Api, Streaming, encode};
use crate::studio::Order;

/// Events one slow watcher may leave unread before its stream waits for it.
const UNREAD_MAX: usize = 32;

impl Api {
    pub(super) async fn watch(
        &self,
        request: WatchRecordingRequest,
    ) -> Result<Streaming<WatchRecordingResponse>, Status> {
        let id = encode::recording_id(&request.recording_id)?;
        let get = |reply| Order::Get { id, reply };
        let (recording, feed) = self.0.studio.ask(get).await.map_err(encode::status)?;
        let mut seen = request.after_revision;
        let Some(feed) = feed else {
            let last = (recording.revision > seen).then(|| {
                let kind = RecordingEventKind::State.into();
                Ok(WatchRecordingResponse { kind, recording: Some(encode::recording(&recording)) })
            });
            return Ok(Box::pin(tokio_stream::iter(last)));
        };
        let (events, stream) = mpsc::channel(UNREAD_MAX);
        tokio::spawn(async move {
            let mut changes = feed.changes();
            loop {
                changes.mark_unchanged();
                for event in feed.after(seen) {
                    seen = event.recording.revision;
                    let response = WatchRecordingResponse {
                        kind: encode::event_kind(event.kind).into(),
                        recording: Some(encode::recording(&event.recording)),
                    };
                    if events.send(Ok(response)).await.is_err() || event.recording.state.is_final() {
                        return;
                    }
                }
                tokio::select! {
                    changed = changes.changed() => if changed.is_err() { return },
                    () = events.closed() => return,
                }
            }
        });
        Ok(Box::pin(ReceiverStream::new(stream)))
    }
}
