//! Where codes are in a picture, and how they are covered.

use std::collections::VecDeque;

use rqrr::PreparedImage;

use crate::domain::frame_pipe::RawFrame;

/// A finder's estimate of a code's corners is good to some modules; its quiet zone is covered, too.
const MARGIN_PERCENT: i32 = 15;
/// A code that was seen is covered for this many frames before and after: readers see what a finder misses.
pub const FRAMES_AROUND: usize = 15;
const COVER: u8 = 90;
const NEUTRAL: u8 = 128;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Area {
    left: i32,
    top: i32,
    right: i32,
    bottom: i32,
}

/// Holds frames back until it is known what is seen after them.
#[derive(Default)]
pub struct Finder {
    waiting: VecDeque<(RawFrame, Vec<Area>)>,
    /// Of frames that were handed out already.
    seen_before: VecDeque<Vec<Area>>,
    pub frames_with_codes: u32,
}

impl Finder {
    /// One picture that has no neighbours. Covers until nothing is found any more.
    pub fn cover_still(&mut self, frame: &mut RawFrame) -> u32 {
        let mut covered = 0;
        // Each pass may uncover a finder what a larger code hid; more passes than codes in a picture.
        for _ in 0..8 {
            let areas = codes_in(frame);
            if areas.is_empty() {
                break;
            }
            covered += areas.len() as u32;
            areas.iter().for_each(|area| cover(frame, *area));
        }
        covered
    }

    /// Takes a frame of a film; gives back the one whose neighbours are known now.
    pub fn push(&mut self, frame: RawFrame) -> Option<RawFrame> {
        let areas = codes_in(&frame);
        self.frames_with_codes += u32::from(!areas.is_empty());
        self.waiting.push_back((frame, areas));
        if self.waiting.len() > FRAMES_AROUND { self.pop() } else { None }
    }

    /// The rest, once the film is over.
    pub fn pop(&mut self) -> Option<RawFrame> {
        let (mut frame, own) = self.waiting.pop_front()?;
        let around = self.seen_before.iter().chain(self.waiting.iter().map(|(_, areas)| areas));
        for area in own.iter().chain(around.flatten()) {
            cover(&mut frame, *area);
        }
        if !own.is_empty() || self.reads_still(&frame) {
            self.cover_still(&mut frame);
        }
        self.seen_before.push_back(own);
        if self.seen_before.len() > FRAMES_AROUND {
            self.seen_before.pop_front();
        }
        Some(frame)
    }

    /// Only where something was found near by: most of a film shows no code at all.
    fn reads_still(&self, frame: &RawFrame) -> bool {
        let near = self.seen_before.iter().any(|areas| !areas.is_empty());
        near && !codes_in(frame).is_empty()
    }
}

/// By their finder patterns, whether they can be read or not.
fn codes_in(frame: &RawFrame) -> Vec<Area> {
    let (width, height) = (usize::from(frame.width), usize::from(frame.height));
    let luma = frame.luma();
    // Codes on a dark screen are light on dark; a finder sees dark on light only.
    let mut found = Vec::new();
    for inverted in [false, true] {
        let flip = if inverted { 255 } else { 0 };
        let mut image =
            PreparedImage::prepare_from_greyscale(width, height, |x, y| luma[y * width + x] ^ flip);
        found.extend(image.detect_grids().iter().map(|grid| area_of(&grid.bounds)));
    }
    found
}

fn area_of(corners: &[rqrr::Point; 4]) -> Area {
    let xs = corners.iter().map(|corner| corner.x);
    let ys = corners.iter().map(|corner| corner.y);
    let (left, right) = (xs.clone().min().unwrap_or(0), xs.max().unwrap_or(0));
    let (top, bottom) = (ys.clone().min().unwrap_or(0), ys.max().unwrap_or(0));
    let margin = (right - left).max(bottom - top) * MARGIN_PERCENT / 100;
    Area { left: left - margin, top: top - margin, right: right + margin, bottom: bottom + margin }
}

/// Outwards to even pixels; colour goes with it.
fn cover(frame: &mut RawFrame, area: Area) {
    let (width, height) = (i32::from(frame.width), i32::from(frame.height));
    let clip = |at: i32, most: i32| (at.clamp(0, most) / 2 * 2) as usize;
    let (left, right) = (clip(area.left, width), clip(area.right + 1, width));
    let (top, bottom) = (clip(area.top, height), clip(area.bottom + 1, height));
    let (width, height) = (width as usize, height as usize);
    let (luma, chroma) = frame.i420.split_at_mut(width * height);
    for row in luma.chunks_mut(width).take(bottom).skip(top) {
        row[left..right].fill(COVER);
    }
    for plane in chroma.chunks_mut(width * height / 4) {
        for row in plane.chunks_mut(width / 2).take(bottom / 2).skip(top / 2) {
            row[left / 2..right / 2].fill(NEUTRAL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qrcode::{Color, EcLevel, QrCode, Version};

    /// A payer's code (237 digits, 6-M) held into the picture.
    fn with_code(seq: u32, left: usize, shown: bool, inverted: bool) -> RawFrame {
        let (width, height, dot) = (640usize, 480usize, 4usize);
        let mut i420: Vec<u8> = (0..width * height).map(|at| 120 + (at % width / 16) as u8).collect();
        if shown {
            let digits: String = (0..237).map(|at| char::from(b'0' + (at * 7 % 10) as u8)).collect();
            let code = QrCode::with_version(digits, Version::Normal(6), EcLevel::M).unwrap();
            let side = code.width() + 8;
            let colors = code.to_colors();
            for at in 0..side * side * dot * dot {
                let (x, y) = (at % (side * dot), at / (side * dot));
                let (column, row) = ((x / dot).wrapping_sub(4), (y / dot).wrapping_sub(4));
                let inside = column < code.width() && row < code.width();
                let dark = inside && colors[row * code.width() + column] == Color::Dark;
                i420[(y + 60) * width + x + left] = if dark != inverted { 30 } else { 220 };
            }
        }
        i420.resize(width * height * 3 / 2, 128);
        RawFrame { width: 640, height: 480, seq, monotonic_ns: 0, i420 }
    }

    fn is_readable(frame: &RawFrame) -> bool {
        [0u8, 255].iter().any(|flip| {
            let luma = frame.luma();
            let mut image = PreparedImage::prepare_from_greyscale(640, 480, |x, y| luma[y * 640 + x] ^ flip);
            image.detect_grids().iter().any(|grid| grid.decode().is_ok())
        })
    }

    #[test]
    fn a_code_in_a_photo_is_covered_dark_on_light_and_light_on_dark() {
        for inverted in [false, true] {
            let mut photo = with_code(0, 200, true, inverted);
            assert!(is_readable(&photo));
            assert!(Finder::default().cover_still(&mut photo) > 0);
            assert!(!is_readable(&photo), "inverted {inverted}");
        }
        let mut plain = with_code(0, 0, false, false);
        let before = plain.i420.clone();
        assert_eq!(Finder::default().cover_still(&mut plain), 0);
        assert_eq!(plain.i420, before, "nothing to cover, nothing changes");
    }

    #[test]
    fn a_code_that_moves_through_a_film_is_readable_in_no_frame_and_covered_around_its_stay() {
        let mut finder = Finder::default();
        let mut out = Vec::new();
        for seq in 0..60u32 {
            let frame = with_code(seq, 100 + seq as usize * 3, (20..40).contains(&seq), false);
            out.extend(finder.push(frame));
        }
        while let Some(frame) = finder.pop() {
            out.push(frame);
        }
        assert_eq!(out.iter().map(|frame| frame.seq).collect::<Vec<_>>(), (0..60).collect::<Vec<_>>());
        assert!(out.iter().all(|frame| !is_readable(frame)));
        let covered = |frame: &RawFrame| frame.luma().iter().filter(|pixel| **pixel == COVER).count() > 1_000;
        assert!(covered(&out[19]) && covered(&out[40]), "a frame before and after");
        assert!(!covered(&out[0]) && !covered(&out[59]));
        assert!(finder.frames_with_codes >= 18);
    }
}
