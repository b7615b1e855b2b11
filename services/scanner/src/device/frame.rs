//! One grey picture of the camera.

use std::time::Duration;

use chit_proto::media_capture::v1::WatchFramesResponse;
use rustix::time::{ClockId, clock_gettime};

use super::image_file;
use crate::sight::Plane;

#[derive(Clone)]
pub struct Frame {
    pub plane: Plane<'static>,
    /// CLOCK_MONOTONIC when it was taken.
    taken: Duration,
}

impl Frame {
    /// `None` when the size and the bytes do not fit together, or when it is larger than any camera of a till.
    pub fn new(response: WatchFramesResponse) -> Option<Self> {
        let (width, height) = (usize::try_from(response.width).ok()?, usize::try_from(response.height).ok()?);
        image_file::fits(width, height).ok()?;
        let plane = Plane::new(width, height, response.grey)?;
        Some(Self { plane, taken: Duration::from_nanos(response.monotonic_ns) })
    }

    pub fn age(&self) -> Duration {
        let now = clock_gettime(ClockId::Monotonic);
        let now = Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0));
        now.saturating_sub(self.taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_whose_size_is_a_lie_is_none() {
        let lies = WatchFramesResponse { width: 640, height: 480, grey: vec![0; 5], ..Default::default() };
        assert!(Frame::new(lies).is_none());
        assert!(Frame::new(WatchFramesResponse::default()).is_none());
        let huge = WatchFramesResponse { width: 5000, height: 3000, ..Default::default() };
        assert!(Frame::new(huge).is_none());
    }
}
