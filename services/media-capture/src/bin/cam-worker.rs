//! The real camera: nokhwa on V4L2, frames as I420 on stdout (the frame pipe), gone when stdin closes.

use std::process::ExitCode;

fn main() -> ExitCode {
    chit_media_capture::worker::main(std::env::args().skip(1))
}
