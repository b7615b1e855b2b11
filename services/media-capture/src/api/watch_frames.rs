use std::time::Duration;

use chit_proto::media_capture::v1::{WatchFramesRequest, WatchFramesResponse};
use chit_runtime::error;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::{Api, Streaming};
use crate::domain::frame_pipe::RawFrame;

const FPS_DEFAULT: u32 = 10;
const FPS_MAX: u32 = 15;

impl Api {
    /// The newest frame whenever the reader has taken the one before: a slow reader sees fewer, never older.
    pub(super) fn frames(
        &self,
        request: WatchFramesRequest,
    ) -> Result<Streaming<WatchFramesResponse>, Status> {
        let fps = if request.max_fps == 0 { FPS_DEFAULT } else { request.max_fps };
        if fps > FPS_MAX {
            return Err(error::bad_field("max_fps", "INVALID_FRAME_RATE", "use 1 to 15, or 0 for 10"));
        }
        let pace = Duration::from_secs(1) / fps;
        let mut latest = self.0.eye.subscribe();
        latest.mark_changed();
        let (frames, stream) = mpsc::channel(1);
        tokio::spawn(async move {
            let mut next = Instant::now();
            loop {
                tokio::select! {
                    () = tokio::time::sleep_until(next) => {}
                    () = frames.closed() => return,
                }
                let Ok(room) = frames.reserve().await else { return };
                let response = loop {
                    tokio::select! {
                        changed = latest.changed() => if changed.is_err() { return },
                        () = frames.closed() => return,
                    }
                    let seen = latest.borrow_and_update().clone();
                    if let Some(seen) = seen {
                        break grey(&seen.frame);
                    }
                };
                room.send(Ok(response));
                next = Instant::now() + pace;
            }
        });
        Ok(Box::pin(ReceiverStream::new(stream)))
    }
}

fn grey(frame: &RawFrame) -> WatchFramesResponse {
    WatchFramesResponse {
        seq: frame.seq,
        width: frame.width.into(),
        height: frame.height.into(),
        grey: frame.luma().to_vec(),
        monotonic_ns: frame.monotonic_ns,
    }
}
