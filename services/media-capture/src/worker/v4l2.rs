//! nokhwa on V4L2. Three of its habits shape this file: `Camera::new` fails while the driver's frame interval
//! is not 1/n (also one that another program left), it wants an index and not a path, and MJPEG buffers come
//! untrimmed. So the format is set through v4l first, and nokhwa is asked for exactly what the driver then says.

use std::io;
use std::path::{Path, PathBuf};

use nokhwa::NokhwaError;
use nokhwa::utils::{
    CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution,
};
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Device, Format, FourCC};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};

use super::WorkerError;
use super::args::Args;
use crate::domain::frame_pipe::{HEIGHT_MAX, Hello, WIDTH_MAX};
use crate::domain::i420;

/// Asked one after the other until the driver settles on a whole number of frames a second.
const FPS_CHOICES: [u32; 5] = [30, 25, 20, 10, 5];

pub struct Camera {
    inner: nokhwa::Camera,
    hello: Hello,
    format: FrameFormat,
}

impl Camera {
    pub fn open(args: &Args) -> Result<Self, WorkerError> {
        let path = match &args.device {
            Some(path) => path.canonicalize().map_err(|error| at_open(path, &error))?,
            None => first_camera()?,
        };
        let index = index_of(&path)?;
        let wanted = preset(&path, args)?;
        let exact = RequestedFormat::with_formats(
            RequestedFormatType::Exact(wanted),
            &[FrameFormat::YUYV, FrameFormat::MJPEG],
        );
        let mut inner = nokhwa::Camera::new(CameraIndex::Index(index), exact).map_err(refused)?;
        inner.open_stream().map_err(refused)?;
        let (resolution, info) = (inner.resolution(), inner.info());
        let hello = Hello {
            width: resolution.width() as u16,
            height: resolution.height() as u16,
            fps_num: inner.frame_rate() as u16,
            fps_den: 1,
            device_id: format!("{} {}", info.human_name(), info.misc()),
        };
        Ok(Self { format: inner.frame_format(), inner, hello })
    }

    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// `None`: a frame that cannot be decoded (USB cameras send torn ones now and then).
    pub fn next_i420(&mut self) -> Result<Option<Vec<u8>>, WorkerError> {
        let (width, height) = (usize::from(self.hello.width), usize::from(self.hello.height));
        let buffer = self.inner.frame_raw().map_err(|error| WorkerError::Lost(error.to_string()))?;
        Ok(match self.format {
            FrameFormat::YUYV => i420::from_yuyv(&buffer, width, height),
            _ => from_mjpeg(&buffer, width, height),
        })
    }
}

fn from_mjpeg(buffer: &[u8], width: usize, height: usize) -> Option<Vec<u8>> {
    let jpeg = &buffer[..i420::jpeg_len(buffer)?];
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::YCbCr);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
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

/// Metadata nodes of UVC cameras look the same by name but cannot capture.
fn first_camera() -> Result<PathBuf, WorkerError> {
    let mut nodes: Vec<(usize, PathBuf)> =
        v4l::context::enum_devices().iter().map(|node| (node.index(), node.path().to_owned())).collect();
    nodes.sort();
    let captures = |path: &PathBuf| {
        Device::with_path(path).is_ok_and(|device| {
            device
                .query_caps()
                .is_ok_and(|caps| caps.capabilities.contains(v4l::capability::Flags::VIDEO_CAPTURE))
                && device.enum_formats().is_ok_and(|formats| !formats.is_empty())
        })
    };
    let found = nodes.into_iter().map(|(_, path)| path).find(captures);
    found.ok_or_else(|| WorkerError::Absent("no /dev/video* can capture".into()))
}

fn index_of(path: &Path) -> Result<u32, WorkerError> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let number = name.strip_prefix("video").and_then(|number| number.parse().ok());
    number.ok_or_else(|| WorkerError::Absent(format!("{} is no /dev/video*", path.display())))
}

fn at_open(path: &Path, error: &io::Error) -> WorkerError {
    let message = format!("{}: {error}", path.display());
    match error.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
        Some(rustix::io::Errno::BUSY) => WorkerError::Busy(message),
        Some(rustix::io::Errno::NOTTY | rustix::io::Errno::INVAL) => WorkerError::Format(message),
        _ => WorkerError::Absent(message),
    }
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
