//! PNG and JPEG files to grey.

use std::io::Cursor;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::sight::Plane;

pub const FILE_LEN_MAX: usize = 16 << 20;
pub const PIXELS_MAX: usize = 12_000_000;
/// A side may not be longer, however narrow the picture.
const SIDE_MAX: usize = 12_000;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ImageError {
    #[error("must be a PNG or JPEG file ({0})")]
    Invalid(String),
    #[error("has more than {PIXELS_MAX} pixels; scale it down")]
    TooLarge,
}

pub fn decode(file: &[u8]) -> Result<Plane<'static>, ImageError> {
    match file {
        [0x89, b'P', b'N', b'G', ..] => png(file),
        [0xff, 0xd8, ..] => jpeg(file),
        _ => Err(ImageError::Invalid("it begins like neither".to_owned())),
    }
}

/// Refused before anything of that size is kept.
pub fn fits(width: usize, height: usize) -> Result<(), ImageError> {
    let pixels = width.checked_mul(height).filter(|pixels| *pixels <= PIXELS_MAX);
    if pixels.is_none() || width.max(height) > SIDE_MAX {
        return Err(ImageError::TooLarge);
    }
    Ok(())
}

fn png(file: &[u8]) -> Result<Plane<'static>, ImageError> {
    let invalid = |error: png::DecodingError| ImageError::Invalid(error.to_string());
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(file), png::Limits { bytes: 8 * PIXELS_MAX });
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(invalid)?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    fits(width, height)?;
    let mut bytes = vec![0; reader.output_buffer_size().ok_or(ImageError::TooLarge)?];
    let frame = reader.next_frame(&mut bytes).map_err(invalid)?;
    let pixels = bytes[..frame.buffer_size()].chunks_exact(frame.color_type.samples());
    // What lies under a transparent pixel is not seen; a code is drawn on white.
    let over_white = |grey: u8, alpha: u8| 255 - ((255 - u16::from(grey)) * u16::from(alpha) / 255) as u8;
    let grey: Vec<u8> = match frame.color_type {
        png::ColorType::Grayscale => pixels.map(|pixel| pixel[0]).collect(),
        png::ColorType::GrayscaleAlpha => pixels.map(|pixel| over_white(pixel[0], pixel[1])).collect(),
        png::ColorType::Rgb => pixels.map(luma).collect(),
        png::ColorType::Rgba => pixels.map(|pixel| over_white(luma(pixel), pixel[3])).collect(),
        png::ColorType::Indexed => {
            return Err(ImageError::Invalid("a palette that does not open".to_owned()));
        }
    };
    Plane::new(width, height, grey).ok_or_else(|| ImageError::Invalid("cut off".to_owned()))
}

fn jpeg(file: &[u8]) -> Result<Plane<'static>, ImageError> {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    let invalid = |error: zune_jpeg::errors::DecodeErrors| ImageError::Invalid(error.to_string());
    decoder.decode_headers().map_err(invalid)?;
    let (width, height) =
        decoder.dimensions().ok_or_else(|| ImageError::Invalid("it has no size".to_owned()))?;
    fits(width, height)?;
    let grey = decoder.decode().map_err(invalid)?;
    Plane::new(width, height, grey).ok_or_else(|| ImageError::Invalid("cut off".to_owned()))
}

/// ITU-R BT.601.
fn luma(pixel: &[u8]) -> u8 {
    let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
    ((299 * red + 587 * green + 114 * blue + 500) / 1000) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png_of(color: png::ColorType, bytes: &[u8]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, 2, 1);
        encoder.set_color(color);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header().unwrap().write_image_data(bytes).unwrap();
        file
    }

    #[test]
    fn colour_and_transparency_become_what_a_person_sees() {
        let grey = |file: Vec<u8>| decode(&file).unwrap().grey.into_owned();
        assert_eq!(grey(png_of(png::ColorType::Grayscale, &[7, 250])), [7, 250]);
        assert_eq!(grey(png_of(png::ColorType::Rgb, &[255, 255, 255, 255, 0, 0])), [255, 76]);
        assert_eq!(grey(png_of(png::ColorType::Rgba, &[0, 0, 0, 0, 0, 0, 0, 255])), [255, 0]);
        // Half of what is missing to white is left.
        assert_eq!(grey(png_of(png::ColorType::GrayscaleAlpha, &[55, 102, 55, 51])), [175, 215]);
        assert_eq!(grey(png_of(png::ColorType::Rgba, &[55, 55, 55, 102, 0, 255, 0, 255])), [175, 150]);
    }

    #[test]
    fn what_is_no_picture_or_too_large_a_one_is_refused() {
        assert!(matches!(decode(b"GIF89a"), Err(ImageError::Invalid(_))));
        assert!(matches!(decode(b"\x89PNG\r\n\x1a\n"), Err(ImageError::Invalid(_))));
        assert!(matches!(decode(&[0xff, 0xd8, 0xff, 0xe0]), Err(ImageError::Invalid(_))));
        assert_eq!(fits(4000, 3000), Ok(()));
        assert_eq!(fits(4001, 3000), Err(ImageError::TooLarge));
        assert_eq!(fits(usize::MAX, 2), Err(ImageError::TooLarge));
        assert_eq!(fits(12_001, 1), Err(ImageError::TooLarge));
    }
}
