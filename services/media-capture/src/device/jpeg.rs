//! A raw frame as a JPEG photo.

use jpeg_encoder::{Encoder, EncodingError, ImageBuffer, JpegColorType, SamplingFactor};

use crate::domain::frame_pipe::RawFrame;

/// Good enough to read a receipt's small print at arm's length; about 60 kB at 640×480.
const QUALITY: u8 = 85;

pub fn encode(frame: &RawFrame) -> Result<Vec<u8>, EncodingError> {
    let mut jpeg = Vec::with_capacity(frame.i420.len() / 4);
    let mut encoder = Encoder::new(&mut jpeg, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.encode_image(Picture(frame))?;
    Ok(jpeg)
}

struct Picture<'a>(&'a RawFrame);

impl ImageBuffer for Picture<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.0.width
    }

    fn height(&self) -> u16 {
        self.0.height
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let (width, height, row) = (usize::from(self.0.width), usize::from(self.0.height), usize::from(y));
        let (luma, chroma) = self.0.i420.split_at(width * height);
        let (u_plane, v_plane) = chroma.split_at(width * height / 4);
        buffers[0].extend_from_slice(&luma[row * width..(row + 1) * width]);
        let half = row / 2 * width / 2..(row / 2 + 1) * width / 2;
        for (buffer, plane) in buffers[1..].iter_mut().zip([u_plane, v_plane]) {
            buffer.extend(plane[half.clone()].iter().flat_map(|sample| [*sample, *sample]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zune_jpeg::JpegDecoder;
    use zune_jpeg::zune_core::bytestream::ZCursor;
    use zune_jpeg::zune_core::{colorspace::ColorSpace, options::DecoderOptions};

    #[test]
    fn a_photo_shows_what_the_camera_saw() {
        let (width, height) = (64u16, 48u16);
        let mut i420 = vec![180; 64 * 48];
        i420.resize(64 * 48 * 5 / 4, 90);
        i420.resize(64 * 48 * 3 / 2, 170);
        let jpeg = encode(&RawFrame { width, height, seq: 0, monotonic_ns: 0, i420 }).unwrap();
        let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::YCbCr);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&jpeg), options);
        let pixels = decoder.decode().unwrap();
        assert_eq!(decoder.info().map(|info| (info.width, info.height)), Some((64, 48)));
        for (seen, want) in pixels.iter().zip([180u8, 90, 170].iter().cycle()) {
            assert!(seen.abs_diff(*want) <= 2, "{seen} is not {want}");
        }
    }
}
