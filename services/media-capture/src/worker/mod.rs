//! The child process that owns the camera. It may block in the driver for ever; its parent kills it then.

mod args;
mod controls;
mod error;
mod find;
mod v4l2;

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, TrySendError, sync_channel};

use args::Args;
use error::WorkerError;

use crate::device::time::monotonic_ns;
use crate::domain::frame_pipe::{encode_frame_header, exit_code};

/// Frames waiting for the parent; more would only be older when it looks.
const FRAMES_WAITING_MAX: usize = 2;
/// This many undecodable frames in a row and it is not a camera we understand.
const BAD_FRAMES_MAX: u32 = 30;

pub fn main(args: impl Iterator<Item = String>) -> ExitCode {
    match work(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cam-worker: {error}");
            ExitCode::from(error.code())
        }
    }
}

fn work(args: impl Iterator<Item = String>) -> Result<(), WorkerError> {
    let args = Args::parse(args).map_err(WorkerError::Usage)?;
    std::thread::spawn(leave_with_stdin);
    let mut camera = v4l2::Camera::open(&args)?;
    let (frames, waiting) = sync_channel(FRAMES_WAITING_MAX);
    let hello = camera.hello().encode();
    std::thread::spawn(move || write_frames(&hello, &waiting));
    let mut bad = 0;
    loop {
        let captured = camera.next_frame()?;
        let Some(i420) = captured.i420 else {
            bad += 1;
            if bad > BAD_FRAMES_MAX {
                return Err(WorkerError::Format(format!("{bad} frames in a row could not be decoded")));
            }
            continue;
        };
        bad = 0;
        // Arrival, not the driver's time stamp: that one is often missing or of another clock.
        match frames.try_send(Frame { seq: captured.seq, monotonic_ns: monotonic_ns(), i420 }) {
            Ok(()) | Err(TrySendError::Full(_)) => {}
            Err(TrySendError::Disconnected(_)) => return Ok(()),
        }
    }
}

struct Frame {
    seq: u32,
    monotonic_ns: u64,
    i420: Vec<u8>,
}

/// The parent closes our stdin to send us away, or by dying.
fn leave_with_stdin() {
    let mut ignored = [0; 256];
    while matches!(io::stdin().lock().read(&mut ignored), Ok(1..)) {}
    std::process::exit(exit_code::ASKED.into());
}

fn write_frames(hello: &[u8], waiting: &Receiver<Frame>) {
    let mut out = io::stdout().lock();
    let write_all =
        |out: &mut io::StdoutLock<'_>, bytes: &[u8]| out.write_all(bytes).and_then(|()| out.flush());
    let mut written = write_all(&mut out, hello);
    while written.is_ok()
        && let Ok(frame) = waiting.recv()
    {
        let header = encode_frame_header(frame.seq, frame.monotonic_ns, frame.i420.len());
        written = write_all(&mut out, &header).and_then(|()| write_all(&mut out, &frame.i420));
    }
}
