//! Sound and picture: how far a tick in the film is from the moment at which the clock ticked.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use chit_proto::media_capture::v1::VideoTrack;

const RATE: f64 = 48_000.0;
/// Louder than the room, quieter than the tick.
const THRESHOLD: i16 = 3_000;
/// Samples without a tick before the next one.
const SILENCE: usize = 24_000;

/// The greatest distance, milliseconds, over all ticks after the first two seconds.
pub fn drift_ms(video: &Path, track: &VideoTrack) -> anyhow::Result<f64> {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-i"]).arg(video);
    ffmpeg.args(["-map", "0:a:0", "-af", "aresample=async=1:first_pts=0", "-ar", "48000", "-ac", "1"]);
    let output = ffmpeg.args(["-f", "s16le", "-"]).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let samples: Vec<i16> =
        output.stdout.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    let first_s = track.first_frame_monotonic_ns as f64 / 1e9;
    let (mut quiet, mut worst, mut ticks) = (SILENCE, 0f64, 0);
    for (at, sample) in samples.iter().enumerate() {
        if sample.unsigned_abs() < THRESHOLD.unsigned_abs() {
            quiet += 1;
            continue;
        }
        if quiet >= SILENCE && at > 2 * RATE as usize {
            let heard_s = first_s + at as f64 / RATE;
            worst = worst.max((heard_s - heard_s.round()).abs() * 1e3);
            ticks += 1;
        }
        quiet = 0;
    }
    let due = samples.len() as f64 / RATE - 3.0;
    ensure!(f64::from(ticks) >= due * 0.9, "{ticks} ticks in {due} s");
    (ticks > 0).then_some(worst).context("no tick was heard")
}
