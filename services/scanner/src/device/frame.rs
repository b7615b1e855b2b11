//! One grey picture.

use chit_proto::media_capture::v1::WatchFramesResponse;
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// The largest side of a picture that is looked at: 4K and some.
const SIDE_MAX: usize = 4400;

#[derive(Clone)]
pub struct Frame {
    pub width: usize,
    pub height: usize,
    /// Rows from the top, one byte a pixel.
    pub grey: Vec<u8>,
    /// CLOCK_MONOTONIC when it was taken.
    taken: Duration,
}

impl Frame {
    /// `None` when the size and the bytes do not fit together.
    pub fn new(response: WatchFramesResponse) -> Option<Self> {
        let (width, height) = (usize::try_from(response.width).ok()?, usize::try_from(response.height).ok()?);
        let fits = (1..=SIDE_MAX).contains(&width)
            && (1..=SIDE_MAX).contains(&height)
            && response.grey.len() == width * height;
        let taken = Duration::from_nanos(response.monotonic_ns);
        fits.then_some(Self { width, height, grey: response.grey, taken })
    }

    pub fn age(&self) -> Duration {
        let now = clock_gettime(ClockId::Monotonic);
        let now = Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0));
        now.saturating_sub(self.taken)
    }
}
