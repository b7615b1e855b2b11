//! A fresh frame as a JPEG, or the word that there is none. A torn frame is none.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use chit_runtime::error;
use tokio::time::{Instant, timeout_at};
use tonic::{Code, Status};

use super::Api;
use crate::device::eye::Seen;
use crate::device::time::monotonic_ns;
use crate::device::{jpeg, paper};
use crate::domain::agree::Cells;
use crate::domain::frame_pipe::RawFrame;
use crate::domain::ids::SaleId;
use crate::domain::recording::PaperCode;
use crate::studio::Shot;

/// A photo shows the moment it was asked for, not one long gone.
const FRAME_AGE_NS_MAX: u64 = 100_000_000;
/// On a machine that is starved a frame this old still shows the same scene; the caption says when it was.
const FRAME_AGE_NS_STARVED: u64 = 500_000_000;
/// The receipt waits for photo 1 no longer than 300 ms; the rest is encoding and writing.
const FRAME_WAIT: Duration = Duration::from_millis(230);

impl Api {
    /// Without a caption: it belongs to no sale.
    pub(super) async fn snapshot_jpeg(&self) -> Result<Vec<u8>, Status> {
        self.snapshot_of(self.sound_frame().await?.frame).await
    }

    pub(super) async fn snapshot_of(&self, frame: Arc<RawFrame>) -> Result<Vec<u8>, Status> {
        encoded(move || jpeg::encode(&frame)).await
    }

    /// Photo 1: as soon as there is a frame.
    pub(super) async fn photo_of_payer(&self) -> Result<Shot, Status> {
        let seen = self.sound_frame().await?;
        self.shot(seen.frame.as_ref().clone(), "", None).await
    }

    /// Photo 2: waits a little until the receipt's code can be read in it.
    pub(super) async fn photo_of_paper(&self, sale: &SaleId, receipt_no: &str) -> Result<Shot, Status> {
        let until = Instant::now() + self.0.paper_wait;
        let mut seen = self.sound_frame().await?;
        let mut code = None;
        while Instant::now() < until {
            let (frame, sale) = (seen.frame.clone(), sale.clone());
            let read = tokio::task::spawn_blocking(move || paper::code_in(&frame, &sale)).await;
            code = read.ok().flatten();
            if code.is_some() {
                break;
            }
            let mut latest = self.0.eye.subscribe();
            if timeout_at(until, latest.changed()).await.is_err() {
                break;
            }
            seen = self.sound_frame().await?;
        }
        self.shot(seen.frame.as_ref().clone(), receipt_no, code).await
    }

    async fn shot(
        &self,
        frame: RawFrame,
        receipt_no: &str,
        paper_code: Option<PaperCode>,
    ) -> Result<Shot, Status> {
        let (captions, receipt_no) = (self.0.captions.clone(), receipt_no.to_owned());
        let (jpeg, taken_us) = encoded(move || {
            let mut captions = captions.lock().unwrap_or_else(PoisonError::into_inner);
            let (photo, at) = captions.photo(&frame, &receipt_no);
            drop(captions);
            Ok((jpeg::encode(&photo)?, at.as_microsecond()))
        })
        .await?;
        Ok(Shot { jpeg, taken_us, paper_code })
    }

    /// The newest frame that is whole: it shows what the one before it shows, or is at least not torn between its
    /// neighbours.
    pub(super) async fn sound_frame(&self) -> Result<Seen, Status> {
        if self.0.eye.is_closed() {
            let message = "the camera is blinded while a code card is printed; resume it first";
            return Err(error::status(Code::FailedPrecondition, "CAMERA_PAUSED", message));
        }
        let until = Instant::now() + FRAME_WAIT;
        let mut latest = self.0.eye.subscribe();
        let mut doubted: Option<Seen> = None;
        loop {
            let seen = latest.borrow_and_update().clone();
            if let Some(seen) = seen.filter(|seen| is_younger(seen, FRAME_AGE_NS_MAX)) {
                match &doubted {
                    Some(before) if !is_torn(before, &seen) => return Ok(before.clone()),
                    _ if agrees(&seen) => return Ok(seen),
                    _ => doubted = Some(seen),
                }
            }
            if timeout_at(until, latest.changed()).await.is_err() {
                break;
            }
        }
        let starved = latest.borrow().clone();
        starved
            .filter(|seen| is_younger(seen, FRAME_AGE_NS_STARVED) && agrees(seen))
            .ok_or_else(|| no_photo("no whole frame came in time; look at the camera's state"))
    }
}

fn is_younger(seen: &Seen, age_ns: u64) -> bool {
    seen.frame.monotonic_ns >= monotonic_ns().saturating_sub(age_ns)
}

fn cells(frame: &RawFrame) -> Cells {
    Cells::of(frame.luma(), frame.width.into(), frame.height.into())
}

fn same_size(a: &RawFrame, b: &RawFrame) -> bool {
    (a.width, a.height) == (b.width, b.height)
}

fn agrees(seen: &Seen) -> bool {
    let before = seen.before.as_ref().filter(|before| same_size(before, &seen.frame));
    before.is_some_and(|before| cells(&seen.frame).agree(&cells(before)))
}

/// Judged by the frame before it and the one after.
fn is_torn(doubted: &Seen, after: &Seen) -> bool {
    let Some(before) = doubted.before.as_ref().filter(|before| same_size(before, &doubted.frame)) else {
        return !cells(&doubted.frame).agree(&cells(&after.frame));
    };
    cells(&doubted.frame).is_torn_between(&cells(before), &cells(&after.frame))
}

fn no_photo(why: &str) -> Status {
    error::status(Code::Unavailable, "NO_PHOTO", why)
}

async fn encoded<T: Send + 'static>(
    encode: impl FnOnce() -> Result<T, jpeg_encoder::EncodingError> + Send + 'static,
) -> Result<T, Status> {
    tokio::task::spawn_blocking(encode)
        .await
        .map_err(|_| no_photo("the photo could not be encoded"))?
        .map_err(|error| no_photo(&format!("the photo could not be encoded: {error}")))
}
