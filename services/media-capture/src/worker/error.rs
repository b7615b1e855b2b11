//! Why a worker gives up, and the code that tells its parent.

use std::io;
use std::path::Path;

use thiserror::Error;

use crate::domain::frame_pipe::exit_code;

#[derive(Debug, Error)]
pub enum WorkerError {
    #[error(
        "{0}; usage: cam-worker [--device PATH | --serial TEXT] [--width N] [--height N] [--fps N] \
         [--exposure auto|N] [--focus auto|N]"
    )]
    Usage(String),
    #[error("no camera: {0}")]
    Absent(String),
    #[error("the camera is in use by another program: {0}")]
    Busy(String),
    #[error("the camera went away: {0}")]
    Lost(String),
    #[error("the camera offers neither YUYV nor MJPEG as asked: {0}")]
    Format(String),
}

impl WorkerError {
    pub fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            Self::Absent(_) => exit_code::ABSENT,
            Self::Busy(_) => exit_code::BUSY,
            Self::Lost(_) => exit_code::LOST,
            Self::Format(_) => exit_code::FORMAT,
        }
    }
}

pub fn at_open(path: &Path, error: &io::Error) -> WorkerError {
    let message = format!("{}: {error}", path.display());
    match error.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
        Some(rustix::io::Errno::BUSY) => WorkerError::Busy(message),
        Some(rustix::io::Errno::NOTTY | rustix::io::Errno::INVAL) => WorkerError::Format(message),
        _ => WorkerError::Absent(message),
    }
}
