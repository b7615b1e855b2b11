//! A fresh frame as a JPEG, or the word that there is none.

use std::sync::Arc;
use std::time::Duration;

use chit_runtime::error;
use tokio::time::timeout;
use tonic::{Code, Status};

use super::Api;
use crate::device::jpeg;
use crate::device::time::monotonic_ns;
use crate::domain::frame_pipe::RawFrame;

/// A photo shows the moment it was asked for, not one long gone.
const FRAME_AGE_NS_MAX: u64 = 100_000_000;
/// The receipt waits for photo 1 no longer than 300 ms; the rest is encoding and writing.
const FRAME_WAIT: Duration = Duration::from_millis(230);

pub struct Photograph {
    pub jpeg: Vec<u8>,
    /// Business time, microseconds since the Unix epoch.
    pub taken_us: i64,
}

impl Api {
    pub(super) async fn photograph(&self) -> Result<Photograph, Status> {
        if self.0.views.is_paused() {
            let message = "the camera is blinded while a code card is printed; resume it first";
            return Err(error::status(Code::FailedPrecondition, "CAMERA_PAUSED", message));
        }
        let no_photo = |why: &str| error::status(Code::Unavailable, "NO_PHOTO", why);
        let frame = timeout(FRAME_WAIT, self.fresh_frame())
            .await
            .ok()
            .flatten()
            .ok_or_else(|| no_photo("no frame came in time; look at the camera's state"))?;
        let age_us = monotonic_ns().saturating_sub(frame.monotonic_ns) / 1000;
        let taken_us = self.0.clock.now().as_microsecond() - age_us as i64;
        let jpeg = tokio::task::spawn_blocking(move || jpeg::encode(&frame))
            .await
            .map_err(|_| no_photo("the photo could not be encoded"))?
            .map_err(|error| no_photo(&format!("the photo could not be encoded: {error}")))?;
        Ok(Photograph { jpeg, taken_us })
    }

    async fn fresh_frame(&self) -> Option<Arc<RawFrame>> {
        let mut latest = self.0.views.latest.subscribe();
        loop {
            let frame = latest.borrow_and_update().clone();
            let oldest = monotonic_ns().saturating_sub(FRAME_AGE_NS_MAX);
            if let Some(frame) = frame.filter(|frame| frame.monotonic_ns >= oldest) {
                return Some(frame);
            }
            latest.changed().await.ok()?;
        }
    }
}
