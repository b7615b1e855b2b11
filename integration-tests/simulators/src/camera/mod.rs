//! `sim-camera`: the camera worker of media-capture's frame pipe, looking at a made-up shop counter.
//!
//! media-capture starts workers whenever it likes, so what the camera sees and how it fails lives in a
//! state file. `--serve` is the long-lived process whose control socket edits that file.

pub mod counter;
mod paper;
mod pipe;
mod scene;
mod serve;
mod state;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Clone, clap::Parser)]
#[command(name = "sim-camera", about = "A camera worker that films a made-up shop counter")]
pub struct Options {
    /// Serve the control socket instead of filming
    #[arg(long, requires = "control")]
    pub serve: bool,
    /// Control socket to create (with --serve)
    #[arg(long)]
    pub control: Option<PathBuf>,
    /// What the camera sees and how it fails; FILE.events has what workers did
    #[arg(long, value_name = "FILE")]
    pub state: PathBuf,
    /// Folder of a simulated printer's papers: the newest receipt lies on the counter
    #[arg(long, value_name = "DIR")]
    pub papers: Option<PathBuf>,
    #[arg(long, default_value_t = 640)]
    pub width: u16,
    #[arg(long, default_value_t = 480)]
    pub height: u16,
    #[arg(long, default_value_t = 15)]
    pub fps: u16,
}

/// Runs until stdin closes, or ends as the frame pipe says (3 ABSENT, 4 BUSY, 5 LOST, 6 FORMAT).
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    match &options.control {
        Some(socket) if options.serve => serve::run(socket, &options.state),
        _ => worker::run(options),
    }
}
