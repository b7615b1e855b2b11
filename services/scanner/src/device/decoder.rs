//! The decoder's own thread. rqrr panics on some real photos (0.11: an assertion in geometry.rs), so a panic there is
//! counted, costs one frame, and is nobody else's trouble.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use tokio::sync::{mpsc, oneshot};

use super::frame::Frame;
use super::qr::{self, View};
use crate::sources::Sources;

/// What stands behind a scan of the camera.
pub const ENGINE: &str = "rqrr";
/// Frames that wait for the thread; more callers than that wait at the door.
const WAITING_MAX: usize = 4;

/// A frame that does not read as it is gets one more look, each time in another of these views: two looks at every
/// frame would halve the frames.
const FALLBACKS: [View; 2] = [View::Half, View::Turned];

struct Job {
    frame: Frame,
    answer: oneshot::Sender<Option<Vec<u8>>>,
}

#[derive(Clone)]
pub struct Decoder {
    jobs: mpsc::Sender<Job>,
}

impl Decoder {
    pub fn start(sources: Arc<Sources>) -> io::Result<Self> {
        Self::start_with(sources, read)
    }

    fn start_with(
        sources: Arc<Sources>,
        read: impl Fn(&Frame, usize) -> Option<Vec<u8>> + Send + 'static,
    ) -> io::Result<Self> {
        let (jobs, mut inbox) = mpsc::channel::<Job>(WAITING_MAX);
        let work = move || {
            let mut looked = 0;
            while let Some(job) = inbox.blocking_recv() {
                // Nothing is shared with the decoder but the frame, and that is dropped.
                let read = catch_unwind(AssertUnwindSafe(|| read(&job.frame, looked)));
                looked = looked.wrapping_add(1);
                let content = read.unwrap_or_else(|_panic| {
                    sources.count_panic();
                    tracing::warn!("the QR decoder panicked on a frame; going on with the next");
                    None
                });
                // A caller whose time is up has left.
                let _ = job.answer.send(content);
            }
        };
        thread::Builder::new().name("qr-decoder".into()).spawn(work)?;
        Ok(Self { jobs })
    }

    /// What the frame's code says, if there is one that can be read.
    pub async fn decode(&self, frame: Frame) -> Option<Vec<u8>> {
        let (answer, content) = oneshot::channel();
        self.jobs.send(Job { frame, answer }).await.ok()?;
        content.await.ok()?
    }
}

fn read(frame: &Frame, looked: usize) -> Option<Vec<u8>> {
    qr::read(frame, View::Whole).or_else(|| qr::read(frame, FALLBACKS[looked % FALLBACKS.len()]))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use chit_proto::media_capture::v1::WatchFramesResponse;
    use qrcode::{Color, EcLevel, QrCode};

    /// A code as a phone shows it: dark on light, a little grey, not in the middle.
    pub fn drawn(payload: &[u8], width: usize, height: usize, module_px: usize) -> Frame {
        let code = QrCode::with_error_correction_level(payload, EcLevel::M).unwrap();
        let (modules, left, top) = (code.width(), 60, 90);
        assert!(left + modules * module_px < width && top + modules * module_px < height);
        let mut grey = vec![200; width * height];
        for y in 0..modules * module_px {
            for x in 0..modules * module_px {
                if code[(x / module_px, y / module_px)] == Color::Dark {
                    grey[(top + y) * width + left + x] = 40;
                }
            }
        }
        let (width, height) = (width as u32, height as u32);
        Frame::new(WatchFramesResponse { seq: 0, width, height, grey, monotonic_ns: 0 }).unwrap()
    }

    #[tokio::test]
    async fn a_drawn_payer_code_is_read() {
        let payload = "7".repeat(237);
        let decoder = Decoder::start(Arc::default()).unwrap();
        let content = decoder.decode(drawn(payload.as_bytes(), 640, 480, 4)).await;
        assert_eq!(content.as_deref(), Some(payload.as_bytes()));
    }

    #[tokio::test]
    async fn a_panic_of_the_decoder_costs_one_frame_and_is_counted() {
        let sources = Arc::new(Sources::default());
        let clumsy = |frame: &Frame, looked| {
            assert!(looked != 0, "as rqrr does on some photos");
            read(frame, looked)
        };
        let decoder = Decoder::start_with(Arc::clone(&sources), clumsy).unwrap();
        assert_eq!(decoder.decode(drawn(b"HELLO", 320, 240, 4)).await, None);
        assert_eq!(sources.decoder_panics(), 1);
        let content = decoder.decode(drawn(b"HELLO", 320, 240, 4)).await;
        assert_eq!(content.as_deref(), Some(b"HELLO".as_slice()));
    }

    #[tokio::test]
    async fn frames_of_any_size_do_no_harm() {
        let decoder = Decoder::start(Arc::default()).unwrap();
        for (width, height) in [(1, 1), (1, 4000), (4000, 1), (20, 20), (21, 21), (43, 41)] {
            let grey = vec![128; (width * height) as usize];
            let frame =
                Frame::new(WatchFramesResponse { seq: 0, width, height, grey, monotonic_ns: 0 }).unwrap();
            assert_eq!(decoder.decode(frame).await, None);
        }
        let lies = WatchFramesResponse { width: 640, height: 480, grey: vec![0; 5], ..Default::default() };
        assert!(Frame::new(lies).is_none());
        let nothing = WatchFramesResponse::default();
        assert!(Frame::new(nothing).is_none());
    }
}
