//! Codes out of media-capture's grey frames. Frames flow only while somebody looks for a code.

use std::sync::Arc;
use std::time::Duration;

use chit_proto::media_capture::v1::media_capture_service_client::MediaCaptureServiceClient;
use chit_proto::media_capture::v1::{CameraState, GetDeviceStatusRequest, WatchFramesRequest};
use chit_runtime::Channel;
use chit_runtime::Shared;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tonic::Status;

use super::decoder::{Decoder, Effort};
use super::frame::Frame;
use crate::domain::confirm::Confirm;
use crate::domain::scan::{Code, CodeBytes, Reading, Scan};
use crate::domain::symbol::{self, Symbology};
use crate::sight::{Sighting, linear};

const FPS: u32 = 10;
/// A grey frame of a 4K camera has 8.3 MB.
const MESSAGE_LEN_MAX: usize = 20 << 20;
/// So long without a frame is no restart any more: the camera cannot be used.
const SILENCE_MAX: Duration = Duration::from_secs(3);
/// media-capture may hand out the last frame of a camera that is gone: an old picture proves nobody's presence.
const AGE_MAX: Duration = Duration::from_secs(2);
const RECONNECT_PAUSE: Duration = Duration::from_millis(50);
const STATUS_DEADLINE: Duration = Duration::from_millis(500);

type Client = MediaCaptureServiceClient<Channel>;

#[derive(Clone)]
pub struct Camera {
    client: Client,
    decoder: Decoder,
}

/// What a look ended with.
pub struct Sight {
    pub scan: Scan,
    pub frames: u32,
}

/// A single reading of a picture; two that agree are sure.
pub const CONFIDENCE_SINGLE: u8 = 60;
pub const CONFIDENCE_SURE: u8 = 100;

#[derive(Debug, thiserror::Error)]
pub enum LookError {
    #[error("no frames come from the camera ({cause}); mend it (`chit doctor`), or use the handheld")]
    Unavailable { cause: String },
    #[error("no code was seen in {frames} frames; hold the code closer, flat and bright, and try again")]
    NothingSeen { frames: u32 },
}

impl Camera {
    pub fn new(shared: &Shared, decoder: Decoder) -> Self {
        let channel = chit_runtime::channel(shared, "media-capture");
        let client = MediaCaptureServiceClient::new(channel).max_decoding_message_size(MESSAGE_LEN_MAX);
        Self { client, decoder }
    }

    /// Looks at the newest frames, as many as can be decoded, until a code is read or the time is up.
    pub async fn look(&self, time: Duration) -> Result<Sight, LookError> {
        let end = Instant::now() + time;
        let mut view = Viewfinder::open(self.client.clone());
        let begun = Instant::now();
        let wanted = everything();
        let mut confirm = Confirm::default();
        let mut frames = 0;
        let mut last_frame = Instant::now();
        loop {
            let patience = end.min(last_frame + SILENCE_MAX);
            let Ok(frame) = timeout_at(patience, view.next()).await else {
                return Err(match frames {
                    0 => LookError::Unavailable { cause: view.cause() },
                    _ if patience < end => LookError::Unavailable { cause: view.cause() },
                    frames => LookError::NothingSeen { frames },
                });
            };
            frames += 1;
            last_frame = Instant::now();
            let look = self.decoder.look(frame.plane, Effort::Frame, Arc::clone(&wanted));
            let Ok(Some(look)) = timeout_at(end, look).await else { continue };
            let now = begun.elapsed();
            let sure = |sighting: &Sighting| confirm.counts(&sighting.content, sighting.engine, now);
            if let Some(sighting) = look.sightings.into_iter().find(sure) {
                return Ok(Sight { scan: scan(sighting, CONFIDENCE_SURE), frames });
            }
        }
    }

    /// Whether frames come, as media-capture sees it.
    pub async fn is_streaming(&self) -> bool {
        let status = chit_runtime::call(STATUS_DEADLINE, GetDeviceStatusRequest {}, |request| {
            let mut client = self.client.clone();
            async move { client.get_device_status(request).await }
        });
        matches!(status.await, Ok(status) if status.camera() == CameraState::Streaming)
    }
}

/// QR codes and the linear codes of goods.
pub fn everything() -> Arc<[Symbology]> {
    std::iter::once(Symbology::QrCode).chain(linear::READABLE).collect()
}

pub fn scan(sighting: Sighting, confidence: u8) -> Scan {
    let symbol = symbol::parse_as(&sighting.content, sighting.symbology);
    let code = Code { bytes: CodeBytes(sighting.content), aim_identifier: String::new() };
    Scan { code, symbol, reading: Reading { engine: sighting.engine.name(), confidence } }
}

/// The newest frame, kept up to date by a task that reconnects for as long as somebody looks.
struct Viewfinder {
    newest: watch::Receiver<Option<Frame>>,
    cause: watch::Receiver<String>,
    task: JoinHandle<()>,
}

impl Viewfinder {
    fn open(client: Client) -> Self {
        let (frames, newest) = watch::channel(None);
        let (causes, cause) = watch::channel("none has come yet".to_owned());
        let task = async move {
            loop {
                if let Err(status) = follow(client.clone(), &frames).await {
                    causes.send_replace(status.message().to_owned());
                }
                tokio::time::sleep(RECONNECT_PAUSE).await;
            }
        };
        // The caller's span, so that the trace shows where the frames come from.
        let task = tokio::spawn(tracing::Instrument::in_current_span(task));
        Self { newest, cause, task }
    }

    /// The newest frame not yet looked at; waits for ever when none comes.
    async fn next(&mut self) -> Frame {
        loop {
            // The sender lives as long as the task.
            if self.newest.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            let newest = self.newest.borrow_and_update();
            if let Some(frame) = newest.as_ref().filter(|frame| frame.age() < AGE_MAX) {
                return frame.clone();
            }
        }
    }

    fn cause(&self) -> String {
        self.cause.borrow().clone()
    }
}

impl Drop for Viewfinder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn follow(mut client: Client, frames: &watch::Sender<Option<Frame>>) -> Result<(), Status> {
    let request = WatchFramesRequest { max_fps: FPS };
    let mut stream = client.watch_frames(request).await?.into_inner();
    while let Some(response) = stream.message().await? {
        frames.send_replace(Frame::new(response));
    }
    Ok(())
}
