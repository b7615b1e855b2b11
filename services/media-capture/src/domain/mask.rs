//! Areas that nobody is to see: black before anybody does. The keypad of a card terminal, the street outside.

use super::frame_pipe::RawFrame;

/// Luma and chroma of black in video range.
const BLACK: u8 = 16;
const NEUTRAL: u8 = 128;
pub const MASKS_MAX: usize = 8;

/// In thousandths of the picture's width and height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mask {
    pub left: u16,
    pub top: u16,
    pub width: u16,
    pub height: u16,
}

impl Mask {
    pub fn is_valid(&self) -> bool {
        let end = |from: u16, len: u16| u32::from(from) + u32::from(len);
        self.width > 0
            && self.height > 0
            && end(self.left, self.width) <= 1000
            && end(self.top, self.height) <= 1000
    }
}

/// Outwards to even pixels, so that no colour of the area stays.
pub fn blacken(frame: &mut RawFrame, masks: &[Mask]) {
    let (width, height) = (usize::from(frame.width), usize::from(frame.height));
    for mask in masks {
        let from = |at: u16, len: usize| usize::from(at) * len / 1000 / 2 * 2;
        let to = |at: u16, size: u16, len: usize| {
            (((usize::from(at) + usize::from(size)) * len).div_ceil(1000)).next_multiple_of(2).min(len)
        };
        let (left, right) = (from(mask.left, width), to(mask.left, mask.width, width));
        let (top, bottom) = (from(mask.top, height), to(mask.top, mask.height, height));
        let (luma, chroma) = frame.i420.split_at_mut(width * height);
        for row in luma.chunks_mut(width).take(bottom).skip(top) {
            row[left..right].fill(BLACK);
        }
        for plane in chroma.chunks_mut(width * height / 4) {
            for row in plane.chunks_mut(width / 2).take(bottom / 2).skip(top / 2) {
                row[left / 2..right / 2].fill(NEUTRAL);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_covers_its_area_in_all_planes_and_nothing_more() {
        let (width, height) = (20u16, 10u16);
        let mut frame = RawFrame { width, height, seq: 0, monotonic_ns: 0, i420: vec![200; 300] };
        blacken(&mut frame, &[Mask { left: 500, top: 0, width: 500, height: 400 }]);
        for at in 0..200 {
            let inside = at % 20 >= 10 && at / 20 < 4;
            assert_eq!(frame.i420[at], if inside { BLACK } else { 200 }, "luma {at}");
        }
        for at in 0..50 {
            let inside = at % 10 >= 5 && at / 10 < 2;
            let want = if inside { NEUTRAL } else { 200 };
            assert_eq!((frame.i420[200 + at], frame.i420[250 + at]), (want, want), "chroma {at}");
        }
    }

    #[test]
    fn a_mask_outside_the_picture_is_none() {
        assert!(Mask { left: 0, top: 0, width: 1000, height: 1000 }.is_valid());
        assert!(!Mask { left: 1, top: 0, width: 1000, height: 1000 }.is_valid());
        assert!(!Mask { left: 0, top: 0, width: 0, height: 10 }.is_valid());
        let mut frame = RawFrame { width: 6, height: 6, seq: 0, monotonic_ns: 0, i420: vec![9; 54] };
        blacken(&mut frame, &[Mask { left: 990, top: 990, width: 10, height: 10 }]);
    }
}
