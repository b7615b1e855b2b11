//! nokhwa finds and asks the camera, `v4l` streams from it: nokhwa hides the driver's numbers of frames, its word
//! that a frame is damaged and how much of a buffer is picture, and it waits for ever (docs/adr/0020). nokhwa's
//! `Camera::new` fails while the driver's frame interval is not 1/n (also one that another program left), so the
//! format is set first and nokhwa is asked for exactly what the driver then says.

use std::path::Path;
use std::time::Duration;

use nokhwa::NokhwaError;
use nokhwa::utils::{
    CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution,
};
use v4l::buffer::{Flags, Type};
use v4l::io::mmap::Stream;
use v4l::io::traits::CaptureStream;
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Device, Format, FourCC};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};

use super::args::Args;
use super::error::{WorkerError, at_open};
use super::find;
use crate::domain::frame_pipe::{HEIGHT_MAX, Hello, WIDTH_MAX};
use crate::domain::{i420, mjpeg};

/// Asked one after the other until the driver settles on a whole number of frames a second.
const FPS_CHOICES: [u32; 5] = [30, 25, 20, 10, 5];
/// Buffers of the driver: at 30 fps an eighth of a second that we may be away.
const BUFFERS: u32 = 4;
/// The parent kills a worker that is silent; this one leaves by itself a little later.
const FRAME_WAIT: Duration = Duration::from_secs(10);

pub struct Camera {
    stream: Stream<'static>,
    hello: Hello,
    format: FrameFormat,
}

/// A frame of the driver.
pub struct Captured {
    /// The driver's number; a jump means frames that nobody received.
    pub seq: u32,
    /// `None`: torn or undecodable (USB cameras send such frames now and then).
    pub i420: Option<Vec<u8>>,
}

impl Camera {
    pub fn open(args: &Args) -> Result<Self, WorkerError> {
        let path = find::camera(args)?;
        let index = find::index_of(&path)?;
        let wanted = preset(&path, args)?;
        let exact = RequestedFormat::with_formats(
            RequestedFormatType::Exact(wanted),
            &[FrameFormat::YUYV, FrameFormat::MJPEG],
        );
        let asked = nokhwa::Camera::new(CameraIndex::Index(index), exact).map_err(refused)?;
        let (resolution, info) = (asked.resolution(), asked.info());
        let hello = Hello {
            width: resolution.width() as u16,
            height: resolution.height() as u16,
            fps_num: asked.frame_rate() as u16,
            fps_den: 1,
            device_id: format!("{} {}", info.human_name(), info.misc()),
        };
        let format = asked.frame_format();
        drop(asked);
        let device = Device::with_path(&path).map_err(|error| at_open(&path, &error))?;
        super::controls::apply(&device, args);
        let mut stream = Stream::with_buffers(&device, Type::VideoCapture, BUFFERS)
            .map_err(|error| at_open(&path, &error))?;
        stream.set_timeout(FRAME_WAIT);
        Ok(Self { stream, hello, format })
    }

    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    pub fn next_frame(&mut self) -> Result<Captured, WorkerError> {
        let (width, height) = (usize::from(self.hello.width), usize::from(self.hello.height));
        let (buffer, meta) = self.stream.next().map_err(|error| WorkerError::Lost(error.to_string()))?;
        let used = &buffer[..buffer.len().min(meta.bytesused as usize)];
        // The driver knows when it lost packets of a frame.
        let damaged = meta.flags.contains(Flags::ERROR);
        let i420 = match self.format {
            _ if damaged => None,
            FrameFormat::YUYV => i420::from_yuyv(used, width, height),
            _ => from_mjpeg(used, width, height),
        };
        Ok(Captured { seq: meta.sequence, i420 })
    }
}

/// Strictly: a decoder fills up what is missing, which would make a torn frame a picture.
pub fn from_mjpeg(buffer: &[u8], width: usize, height: usize) -> Option<Vec<u8>> {
    let jpeg = mjpeg::repaired(buffer)?;
    if mjpeg::is_whole(&jpeg) == Some(false) {
        return None;
    }
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::YCbCr).set_strict_mode(true);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&jpeg[..]), options);
    let pixels = decoder.decode().ok()?;
    let info = decoder.info()?;
    let fits = usize::from(info.width) == width && usize::from(info.height) == height;
    fits.then(|| i420::from_ycbcr(&pixels, width, height))?
}

/// YUYV if the driver has it (nothing to decode), else MJPEG.
fn preset(path: &Path, args: &Args) -> Result<CameraFormat, WorkerError> {
    let device = Device::with_path(path).map_err(|error| at_open(path, &error))?;
    let mut offered = String::new();
    for (code, format) in [(b"YUYV", FrameFormat::YUYV), (b"MJPG", FrameFormat::MJPEG)] {
        let wanted = Format::new(args.width, args.height, FourCC::new(code));
        let set = device.set_format(&wanted).map_err(|error| at_open(path, &error))?;
        let size_ok = set.width <= WIDTH_MAX.into() && set.height <= HEIGHT_MAX.into();
        if set.fourcc != FourCC::new(code) || !size_ok || set.width % 2 != 0 || set.height % 2 != 0 {
            offered = format!("{}x{} {}", set.width, set.height, set.fourcc);
            continue;
        }
        for fps in std::iter::once(args.fps).chain(FPS_CHOICES) {
            let params =
                device.set_params(&Parameters::with_fps(fps)).map_err(|error| at_open(path, &error))?;
            if params.interval.numerator == 1 && params.interval.denominator > 0 {
                let resolution = Resolution::new(set.width, set.height);
                return Ok(CameraFormat::new(resolution, format, params.interval.denominator));
            }
        }
        offered = format!("{} at no whole number of frames a second", set.fourcc);
    }
    Err(WorkerError::Format(offered))
}

/// nokhwa keeps the errno as text only.
fn refused(error: NokhwaError) -> WorkerError {
    let message = error.to_string();
    let says = |errno: rustix::io::Errno| message.contains(&format!("(os error {})", errno.raw_os_error()));
    if says(rustix::io::Errno::BUSY) {
        WorkerError::Busy(message)
    } else if says(rustix::io::Errno::NODEV) || says(rustix::io::Errno::NOENT) {
        WorkerError::Absent(message)
    } else {
        WorkerError::Format(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jpeg_encoder::{ColorType, Encoder};

    fn jpeg() -> Vec<u8> {
        let pixels: Vec<u8> = (0..64 * 48 * 3).map(|at: u32| (at * 31 % 256) as u8).collect();
        let mut jpeg = Vec::new();
        Encoder::new(&mut jpeg, 90).encode(&pixels, 64, 48, ColorType::Rgb).unwrap();
        jpeg
    }

    #[test]
    fn a_torn_frame_is_no_picture() {
        let whole = jpeg();
        assert!(from_mjpeg(&whole, 64, 48).is_some());
        assert!(from_mjpeg(&whole, 32, 48).is_none(), "another size");
        for cut in [whole.len() / 2, whole.len() * 9 / 10] {
            assert!(from_mjpeg(&whole[..cut], 64, 48).is_none(), "cut at {cut}");
            let mut filled = whole[..cut].to_vec();
            filled.resize(whole.len(), 0);
            assert!(from_mjpeg(&filled, 64, 48).is_none(), "cut at {cut} and filled up");
        }
    }
}
