//! A film decoded, covered and coded again. Sound and the original's times stay with the original.

use std::io::{self, Read, Write};

use muxide::fragmented::{FragmentConfig, FragmentedMuxer};
use openh264::OpenH264API;
use openh264::decoder::{Decoder, DecoderConfig};
use openh264::formats::YUVSource;
use thiserror::Error;

use super::code::Finder;
use crate::device::encoder::{CodedFrame, EncodeError, OpenH264, VideoEncoder};
use crate::domain::fmp4::{self, TIMESCALE};
use crate::domain::frame_pipe::RawFrame;

const FRAGMENT_MS: u32 = 2_000;
/// A box of a clip: half a second at ten times the greatest rate.
const BOX_BYTES_MAX: usize = 16 * 1024 * 1024;

#[derive(Debug, Error)]
pub enum FilmError {
    #[error("the film cannot be read or the copy not be written")]
    Io(#[from] io::Error),
    #[error("the film is damaged")]
    Damaged,
    #[error("a picture of the film cannot be decoded")]
    Decode(#[from] openh264::Error),
    #[error("the copy cannot be coded")]
    Encode(#[from] EncodeError),
    #[error("the copy cannot be put together")]
    Mux,
}

/// Writes the copy; returns how many frames showed a code.
pub fn redact_film(
    mut film: impl Read,
    copy: impl Write,
    fps: f32,
    bitrate_kbps: u32,
) -> Result<u32, FilmError> {
    let header = [next_box(&mut film)?, next_box(&mut film)?];
    let (Some(_ftyp), Some(moov)) = (&header[0], &header[1]) else { return Err(FilmError::Damaged) };
    let api = OpenH264API::from_source();
    let mut decoder = Decoder::with_api_config(api, DecoderConfig::new())?;
    let parameters = parameter_sets(moov).ok_or(FilmError::Damaged)?;
    decoder.decode(&parameters)?;
    let mut writer = Writer::new(copy, fps, bitrate_kbps)?;
    let mut finder = Finder::default();
    let (mut seq, mut times) = (0, std::collections::VecDeque::new());
    while let Some(mut fragment) = next_box(&mut film)? {
        fragment.extend(next_box(&mut film)?.ok_or(FilmError::Damaged)?);
        let samples = fmp4::video_samples(&fragment).ok_or(FilmError::Damaged)?;
        times.extend(fmp4::video_times(&fragment).ok_or(FilmError::Damaged)?);
        for sample in samples {
            let annexb = to_annexb(&fragment[sample]).ok_or(FilmError::Damaged)?;
            let Some(picture) = decoder.decode(&annexb)? else { continue };
            let frame = frame_of(&picture, seq);
            seq += 1;
            if let Some(frame) = finder.push(frame) {
                writer.append(&frame, times.pop_front())?;
            }
        }
    }
    for picture in decoder.flush_remaining()? {
        let frame = frame_of(&picture, seq);
        seq += 1;
        if let Some(frame) = finder.push(frame) {
            writer.append(&frame, times.pop_front())?;
        }
    }
    while let Some(frame) = finder.pop() {
        writer.append(&frame, times.pop_front())?;
    }
    writer.finish()?;
    Ok(finder.frames_with_codes)
}

/// A whole box with its header; `None` at the end.
fn next_box(film: &mut impl Read) -> Result<Option<Vec<u8>>, FilmError> {
    let mut head = [0; 8];
    match film.read_exact(&mut head) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let size = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
    if !(8..=BOX_BYTES_MAX).contains(&size) {
        return Err(FilmError::Damaged);
    }
    let mut whole = vec![0; size];
    whole[..8].copy_from_slice(&head);
    film.read_exact(&mut whole[8..])?;
    Ok(Some(whole))
}

/// SPS and PPS of `avcC` (ISO/IEC 14496-15 §5.3.3.1), as a byte stream.
fn parameter_sets(moov: &[u8]) -> Option<Vec<u8>> {
    let at = moov.windows(4).position(|window| window == b"avcC")? + 4;
    let avcc = &moov[at..];
    let mut stream = Vec::new();
    let mut at = 6;
    for count in [*avcc.get(5)? & 0x1f, 1] {
        for _ in 0..count {
            let len = usize::from(u16::from_be_bytes([*avcc.get(at)?, *avcc.get(at + 1)?]));
            stream.extend([0, 0, 0, 1]);
            stream.extend_from_slice(avcc.get(at + 2..at + 2 + len)?);
            at += 2 + len;
        }
        // Behind the SPS stands the number of PPS; we write one.
        at += 1;
    }
    Some(stream)
}

fn to_annexb(sample: &[u8]) -> Option<Vec<u8>> {
    let mut stream = Vec::with_capacity(sample.len());
    let mut at = 0;
    while at < sample.len() {
        let len = u32::from_be_bytes(sample.get(at..at + 4)?.try_into().ok()?) as usize;
        stream.extend([0, 0, 0, 1]);
        stream.extend_from_slice(sample.get(at + 4..at.checked_add(4 + len)?)?);
        at += 4 + len;
    }
    Some(stream)
}

fn frame_of(picture: &impl YUVSource, seq: u32) -> RawFrame {
    let (width, height) = picture.dimensions();
    let (y_stride, u_stride, v_stride) = picture.strides();
    let mut i420 = Vec::with_capacity(width * height * 3 / 2);
    for (plane, stride, width, height) in [
        (picture.y(), y_stride, width, height),
        (picture.u(), u_stride, width / 2, height / 2),
        (picture.v(), v_stride, width / 2, height / 2),
    ] {
        for row in plane.chunks(stride).take(height) {
            i420.extend_from_slice(&row[..width]);
        }
    }
    RawFrame { width: width as u16, height: height as u16, seq, monotonic_ns: 0, i420 }
}

struct Writer<W> {
    copy: W,
    encoder: OpenH264,
    muxer: Option<FragmentedMuxer>,
    start: Option<u64>,
}

impl<W: Write> Writer<W> {
    fn new(copy: W, fps: f32, bitrate_kbps: u32) -> Result<Self, FilmError> {
        let encoder = OpenH264::new(bitrate_kbps, "", fps, "")?;
        Ok(Self { copy, encoder, muxer: None, start: None })
    }

    fn append(&mut self, frame: &RawFrame, ticks: Option<u64>) -> Result<(), FilmError> {
        let ticks = ticks.ok_or(FilmError::Damaged)?;
        let timed = RawFrame { monotonic_ns: fmp4::nanoseconds(ticks), ..frame.clone() };
        let coded = self.encoder.encode(&timed, timed.luma())?;
        if self.muxer.is_none() {
            self.muxer = Some(self.begin(&coded)?);
        }
        if self.muxer.as_ref().is_some_and(FragmentedMuxer::ready_to_flush) {
            self.flush()?;
        }
        let Some(muxer) = &mut self.muxer else { return Err(FilmError::Mux) };
        muxer.write_video(ticks, ticks, &coded.avcc, coded.stamp.is_start).map_err(|_| FilmError::Mux)?;
        self.start.get_or_insert(ticks);
        Ok(())
    }

    fn begin(&mut self, coded: &CodedFrame) -> Result<FragmentedMuxer, FilmError> {
        let format = &coded.format;
        let mut config = FragmentConfig::new(format.width.into(), format.height.into(), TIMESCALE)
            .with_fragment_duration_ms(FRAGMENT_MS);
        config.sps.clone_from(&format.sps);
        config.pps.clone_from(&format.pps);
        let mut muxer = FragmentedMuxer::new(config).map_err(|_| FilmError::Mux)?;
        self.copy.write_all(&muxer.init_segment())?;
        Ok(muxer)
    }

    fn flush(&mut self) -> Result<(), FilmError> {
        if let Some(mut segment) = self.muxer.as_mut().and_then(FragmentedMuxer::flush_segment) {
            fmp4::set_start(&mut segment, self.start.take(), None);
            self.copy.write_all(&segment)?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), FilmError> {
        self.flush()?;
        Ok(self.copy.flush()?)
    }
}
