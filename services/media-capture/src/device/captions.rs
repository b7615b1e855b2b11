//! Burns time and place into what is kept. What others see of the camera, and what codes are read from, stays as
//! the camera sent it.

use std::path::Path;

use chit_runtime::Clock;
use jiff::{SignedDuration, Timestamp};

use super::burn::Lettering;
use super::time::monotonic_ns;
use crate::domain::caption::{Place, Running};
use crate::domain::frame_pipe::RawFrame;

pub struct Captions {
    lettering: Lettering,
    place: Place,
    clock: Clock,
    /// The luma plane that is drawn into; one for all frames of a camera.
    luma: Vec<u8>,
}

impl Captions {
    pub fn new(font: &Path, place: Place, clock: Clock) -> Self {
        Self { lettering: Lettering::load(font), place, clock, luma: Vec::new() }
    }

    /// A caller knows better than the configuration what the shop and the till are called.
    pub fn set_place(&mut self, shop: &str, till: &str) {
        for (own, told) in [(&mut self.place.shop, shop), (&mut self.place.till, till)] {
            if !told.is_empty() && own != told {
                told.clone_into(own);
            }
        }
    }

    /// The frame's luma with its caption.
    pub fn film(&mut self, frame: &RawFrame, running: &[Running]) -> &[u8] {
        let lines = self.place.film(self.taken_at(frame), running, frame.monotonic_ns);
        self.luma.clear();
        self.luma.extend_from_slice(frame.luma());
        self.lettering.burn(&mut self.luma, frame.width.into(), frame.height.into(), &lines);
        &self.luma
    }

    /// A copy of the frame with a photo's caption, and when it was taken.
    pub fn photo(&mut self, frame: &RawFrame, receipt_no: &str) -> (RawFrame, Timestamp) {
        let at = self.taken_at(frame);
        let mut photo = frame.clone();
        let (width, height) = (usize::from(photo.width), usize::from(photo.height));
        let lines = self.place.photo(at, receipt_no);
        self.lettering.burn(&mut photo.i420[..width * height], width, height, &lines);
        (photo, at)
    }

    fn taken_at(&self, frame: &RawFrame) -> Timestamp {
        let age_ns = monotonic_ns().saturating_sub(frame.monotonic_ns);
        let age = SignedDuration::from_nanos(i64::try_from(age_ns).unwrap_or(i64::MAX));
        self.clock.now().checked_sub(age).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}
