//! rqrr on a grey picture: as it is, or in another view that reads what the first one does not.

use rqrr::{BitGrid, Grid, PreparedImage};

use super::frame::Frame;

/// The smallest QR code has 21 modules.
const SIDE_MIN: usize = 21;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Whole,
    /// Half the size, four pixels averaged: the raster of a phone's screen disappears.
    Half,
    /// A quarter turn: the search is sensitive to rotation.
    Turned,
}

/// What the first readable code says.
pub fn read(frame: &Frame, view: View) -> Option<Vec<u8>> {
    let (width, height) = match view {
        View::Whole => (frame.width, frame.height),
        View::Half => (frame.width / 2, frame.height / 2),
        View::Turned => (frame.height, frame.width),
    };
    if width.min(height) < SIDE_MIN {
        return None;
    }
    let pixel = |x: usize, y: usize| frame.grey[y * frame.width + x];
    let mut image = PreparedImage::prepare_from_greyscale(width, height, |x, y| match view {
        View::Whole => pixel(x, y),
        View::Half => {
            let (x, y) = (2 * x, 2 * y);
            let sum = [(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)].map(|(x, y)| u16::from(pixel(x, y)));
            // At most 255 again.
            (sum.iter().sum::<u16>() / 4) as u8
        }
        View::Turned => pixel(frame.width - 1 - y, x),
    });
    image.detect_grids().iter().find_map(decode)
}

fn decode<G: BitGrid>(grid: &Grid<G>) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    grid.decode_to(&mut content).ok().filter(|_| !content.is_empty()).map(|_meta| content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::decoder::tests::drawn;

    #[test]
    fn every_view_reads_a_drawn_code() {
        let payload = "0123456789".repeat(23) + "0123456";
        let frame = drawn(payload.as_bytes(), 640, 480, 6);
        for view in [View::Whole, View::Half, View::Turned] {
            assert_eq!(read(&frame, view).as_deref(), Some(payload.as_bytes()), "{view:?}");
        }
    }

    #[test]
    fn no_view_reads_what_is_not_there() {
        let grey = (0..320 * 240).map(|at: u32| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let frame = Frame::new(chit_proto::media_capture::v1::WatchFramesResponse {
            width: 320,
            height: 240,
            grey,
            ..Default::default()
        });
        for view in [View::Whole, View::Half, View::Turned] {
            assert_eq!(read(frame.as_ref().unwrap(), view), None);
        }
    }
}
