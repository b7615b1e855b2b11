//! I420 pictures to H.264. Behind a trait because of the codec's patents: a build may bring another one.

use std::sync::Arc;

use openh264::OpenH264API;
use openh264::Timestamp;
use openh264::encoder::{
    BitRate, Complexity, Encoder, EncoderConfig, FrameRate, FrameType, IntraFramePeriod, RateControlMode,
};
use openh264::formats::YUVSource;
use thiserror::Error;

use crate::domain::annexb;
use crate::domain::clip::Stamp;
use crate::domain::frame_pipe::RawFrame;
use crate::domain::preroll::Coded;

/// A clip can begin at an IDR only, so this bounds how much earlier than asked it begins.
const IDR_EVERY_NS: u64 = 2_000_000_000;

#[derive(Debug, Error)]
pub enum EncodeError {
    #[error("the H.264 encoder failed")]
    OpenH264(#[from] openh264::Error),
    #[error("the H.264 encoder gave no parameter sets")]
    NoParameterSets,
    #[error("the H.264 encoder gave no picture")]
    NoPicture,
}

/// What a player must know before the first picture. A change of it needs another file.
#[derive(Debug, PartialEq, Eq)]
pub struct StreamFormat {
    pub width: u16,
    pub height: u16,
    pub frame_rate_milli: u32,
    /// The camera's name in the configuration.
    pub camera: String,
    pub camera_id: String,
    pub sps: Vec<u8>,
    pub pps: Vec<u8>,
}

#[derive(Debug)]
pub struct CodedFrame {
    pub format: Arc<StreamFormat>,
    pub stamp: Stamp,
    pub avcc: Vec<u8>,
}

impl Coded for CodedFrame {
    fn monotonic_ns(&self) -> u64 {
        self.stamp.monotonic_ns
    }

    fn is_start(&self) -> bool {
        self.stamp.is_start
    }

    fn bytes(&self) -> usize {
        self.avcc.len()
    }
}

pub trait VideoEncoder: Send {
    /// `luma` is the frame's, or the frame's with words burnt in.
    fn encode(&mut self, frame: &RawFrame, luma: &[u8]) -> Result<CodedFrame, EncodeError>;
    /// The next picture shall be decodable without any before it.
    fn restart(&mut self);
}

pub struct OpenH264 {
    encoder: Encoder,
    frame_rate_milli: u32,
    camera: String,
    camera_id: String,
    format: Option<Arc<StreamFormat>>,
    first_ns: Option<u64>,
    last_idr_ns: Option<u64>,
}

impl OpenH264 {
    pub fn new(bitrate_kbps: u32, camera: &str, fps: f32, camera_id: &str) -> Result<Self, EncodeError> {
        // Skipped frames would make the clip's frame count a lie; IDRs are asked for by time, not counted,
        // because a camera in the dark delivers fewer frames than it promised.
        let config = EncoderConfig::new()
            .bitrate(BitRate::from_bps(bitrate_kbps * 1000))
            .max_frame_rate(FrameRate::from_hz(fps))
            .rate_control_mode(RateControlMode::Bitrate)
            .skip_frames(false)
            .complexity(Complexity::Low)
            .scene_change_detect(false)
            .intra_frame_period(IntraFramePeriod::auto())
            .num_threads(1);
        Ok(Self {
            encoder: Encoder::with_api_config(OpenH264API::from_source(), config)?,
            frame_rate_milli: (fps * 1000.0).round() as u32,
            camera: camera.to_owned(),
            camera_id: camera_id.to_owned(),
            format: None,
            first_ns: None,
            last_idr_ns: None,
        })
    }

    fn idr_due(&self, now_ns: u64) -> bool {
        self.last_idr_ns.is_none_or(|last| now_ns >= last + IDR_EVERY_NS || now_ns < last)
    }
}

impl VideoEncoder for OpenH264 {
    fn encode(&mut self, frame: &RawFrame, luma: &[u8]) -> Result<CodedFrame, EncodeError> {
        let now_ns = frame.monotonic_ns;
        if self.idr_due(now_ns) {
            self.encoder.force_intra_frame();
        }
        let first_ns = *self.first_ns.get_or_insert(now_ns);
        let at = Timestamp::from_millis(now_ns.saturating_sub(first_ns) / 1_000_000);
        let stream = self.encoder.encode_at(&Picture { frame, luma }, at)?;
        let is_start = matches!(stream.frame_type(), FrameType::IDR);
        let unit = annexb::to_access_unit(&stream.to_vec());
        if unit.avcc.is_empty() {
            return Err(EncodeError::NoPicture);
        }
        if is_start {
            self.last_idr_ns = Some(now_ns);
        }
        if let (Some(sps), Some(pps)) = (unit.sps, unit.pps) {
            let format = StreamFormat {
                width: frame.width,
                height: frame.height,
                frame_rate_milli: self.frame_rate_milli,
                camera: self.camera.clone(),
                camera_id: self.camera_id.clone(),
                sps,
                pps,
            };
            if self.format.as_deref() != Some(&format) {
                self.format = Some(Arc::new(format));
            }
        }
        let format = self.format.clone().ok_or(EncodeError::NoParameterSets)?;
        let stamp = Stamp { monotonic_ns: now_ns, seq: frame.seq, is_start };
        Ok(CodedFrame { format, stamp, avcc: unit.avcc })
    }

    fn restart(&mut self) {
        self.last_idr_ns = None;
    }
}

struct Picture<'a> {
    frame: &'a RawFrame,
    luma: &'a [u8],
}

impl YUVSource for Picture<'_> {
    fn dimensions(&self) -> (usize, usize) {
        (self.frame.width.into(), self.frame.height.into())
    }

    fn strides(&self) -> (usize, usize, usize) {
        let (width, _) = self.dimensions();
        (width, width / 2, width / 2)
    }

    fn y(&self) -> &[u8] {
        self.luma
    }

    fn u(&self) -> &[u8] {
        let (width, height) = self.dimensions();
        &self.frame.i420[width * height..width * height * 5 / 4]
    }

    fn v(&self) -> &[u8] {
        let (width, height) = self.dimensions();
        &self.frame.i420[width * height * 5 / 4..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_plane_is_handed_on_as_it_lies_in_the_frame() {
        let frame = RawFrame { width: 6, height: 4, seq: 0, monotonic_ns: 0, i420: (0..36).collect() };
        let picture = Picture { frame: &frame, luma: frame.luma() };
        assert_eq!((picture.dimensions(), picture.strides()), ((6, 4), (6, 3, 3)));
        assert_eq!(picture.y(), &frame.i420[..24]);
        assert_eq!((picture.u(), picture.v()), (&frame.i420[24..30], &frame.i420[30..]));
    }

    #[test]
    fn every_frame_becomes_a_picture_and_every_two_seconds_one_can_start_there() {
        let mut encoder = OpenH264::new(600, "till", 10.0, "cam").unwrap();
        let coded: Vec<CodedFrame> = (0..41u32)
            .map(|seq| {
                let i420 = (0..64 * 48 * 3 / 2).map(|at| (at * 7 + seq * 13) as u8).collect();
                let monotonic_ns = 5_000_000_000 + u64::from(seq) * 100_000_000;
                let frame = RawFrame { width: 64, height: 48, seq, monotonic_ns, i420 };
                encoder.encode(&frame, frame.luma()).unwrap()
            })
            .collect();
        let starts: Vec<u32> =
            coded.iter().filter(|frame| frame.is_start()).map(|frame| frame.stamp.seq).collect();
        assert_eq!(starts, [0, 20, 40]);
        assert!(Arc::ptr_eq(&coded[0].format, &coded[40].format), "one format, one file");
    }
}
