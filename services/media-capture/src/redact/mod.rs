//! A copy of the evidence that a third party may have: the payer's code, which anybody could read out of a picture
//! and use, is covered. It is looked for frame by frame, off line, and the copy says that it is one.

mod code;
mod film;

pub use code::Finder;
pub use film::{FilmError, redact_film};

use jpeg_encoder::EncodingError;
use thiserror::Error;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};

use crate::device::jpeg;
use crate::domain::frame_pipe::{HEIGHT_MAX, RawFrame, WIDTH_MAX};
use crate::domain::i420;

#[derive(Debug, Error)]
pub enum PhotoError {
    #[error("a photo cannot be decoded")]
    Decode,
    #[error("the copy of a photo cannot be encoded")]
    Encode(#[from] EncodingError),
}

/// The photo with its codes covered, and how many there were.
pub fn redact_photo(photo: &[u8]) -> Result<(Vec<u8>, u32), PhotoError> {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::YCbCr);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(photo), options);
    let pixels = decoder.decode().map_err(|_| PhotoError::Decode)?;
    let info = decoder.info().ok_or(PhotoError::Decode)?;
    if info.width > WIDTH_MAX || info.height > HEIGHT_MAX {
        return Err(PhotoError::Decode);
    }
    let (width, height) = (info.width, info.height);
    let i420 = i420::from_ycbcr(&pixels, width.into(), height.into()).ok_or(PhotoError::Decode)?;
    let mut frame = RawFrame { width, height, seq: 0, monotonic_ns: 0, i420 };
    let covered = Finder::default().cover_still(&mut frame);
    Ok((jpeg::encode(&frame)?, covered))
}
