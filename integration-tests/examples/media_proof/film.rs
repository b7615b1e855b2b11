//! A clip as ffmpeg sees it, and the same frames through x264.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::rig::{Format, program};

/// Frames that a decoder gets out of a clip without a word of complaint.
pub fn frames(video: &Path) -> anyhow::Result<u32> {
    let mut ffprobe = Command::new("ffprobe");
    ffprobe.args(["-v", "error", "-count_frames", "-select_streams", "v:0", "-of", "csv=p=0"]);
    let output = ffprobe.args(["-show_entries", "stream=nb_read_frames"]).arg(video).output()?;
    ensure!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?.trim().trim_end_matches(',').parse()?)
}

/// What the simulated camera films, without the frame pipe's headers.
pub fn raw_frames(format: Format, seconds: u32, folder: &Path) -> anyhow::Result<PathBuf> {
    let Format { width, height, fps } = format;
    let mut camera = Command::new(program("sim-camera")?);
    camera.arg("--state").arg(folder.join("raw.json"));
    camera.args(["--width", &width.to_string(), "--height", &height.to_string(), "--fps", &fps.to_string()]);
    let mut child = camera.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut pipe = child.stdout.take().context("no pipe")?;
    let mut hello = [0; 18];
    pipe.read_exact(&mut hello)?;
    pipe.read_exact(&mut vec![0; hello[17].into()])?;
    let len = usize::from(width) * usize::from(height) * 3 / 2;
    let mut raw = Vec::with_capacity(len * usize::from(fps) * seconds as usize);
    for _ in 0..u32::from(fps) * seconds {
        pipe.read_exact(&mut [0; 20])?;
        let from = raw.len();
        raw.resize(from + len, 0);
        pipe.read_exact(&mut raw[from..])?;
    }
    drop(child.stdin.take());
    child.wait()?;
    let file = folder.join("raw.yuv");
    fs::write(&file, raw)?;
    Ok(file)
}

/// How frames come to the coder.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As from a camera, and as the service gets them. Between two frames caches cool and the processor rests, which costs x264
    /// half as much again.
    Live,
    /// One after the other out of a file.
    AsFast,
}

/// Processor time of ffmpeg's x264 ultrafast, one thread, at the service's rate.
pub fn x264(raw: &Path, format: Format, kbps: u32, pace: Pace) -> anyhow::Result<Duration> {
    let Format { width, height, fps } = format;
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-benchmark"]);
    if pace == Pace::Live {
        ffmpeg.arg("-re");
    }
    ffmpeg.args(["-f", "rawvideo", "-pix_fmt", "yuv420p"]);
    ffmpeg.args(["-s", &format!("{width}x{height}"), "-r", &fps.to_string(), "-i"]).arg(raw);
    ffmpeg.args(["-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-b:v", &format!("{kbps}k")]);
    ffmpeg.args(["-f", "mp4", "-y", "/dev/null", "-loglevel", "info"]);
    let output = ffmpeg.stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{said}");
    let line = said.lines().find(|line| line.starts_with("bench: utime=")).context("ffmpeg told no time")?;
    let seconds = |name: &str| {
        let from = line.find(name)? + name.len();
        line[from..].split('s').next()?.parse::<f64>().ok()
    };
    let (user, system) = seconds("utime=").zip(seconds("stime=")).context("ffmpeg told no time")?;
    Ok(Duration::from_secs_f64(user + system))
}
