//! The clip, looked at with a decoder written elsewhere.

use std::path::Path;
use std::process::Command;

use chit_proto::media_capture::v1::Manifest;
use chit_simulators::camera::counter;
use prost::Message as _;

/// Share of the frames of the clip's time that must be in it.
const FRAMES_MIN_PERCENT: u64 = 95;

pub fn shows_the_counter_without_a_gap(video: &Path, manifest: &Path) {
    let manifest = Manifest::decode(std::fs::read(manifest).unwrap().as_slice()).unwrap();
    let track = manifest.files.iter().find_map(|file| file.video.clone()).expect("a video track");
    assert_eq!(frames_in(video), track.frame_count, "ffprobe counts what the manifest says");
    let clip_ns = track.last_frame_monotonic_ns - track.first_frame_monotonic_ns;
    let due = clip_ns * u64::from(track.frame_rate_milli) / 1_000_000_000_000 + 1;
    assert!(
        u64::from(track.frame_count) * 100 >= due * FRAMES_MIN_PERCENT,
        "{} of {due} frames",
        track.frame_count
    );
    let counts = counters_in(video, track.width as usize, track.height as usize);
    assert_eq!(counts.len(), track.frame_count as usize);
    assert!(counts.is_sorted_by(|before, after| before < after), "{counts:?}");
}

/// As ffprobe counts them by decoding.
fn frames_in(video: &Path) -> u32 {
    let mut ffprobe = Command::new("ffprobe");
    ffprobe.args(["-v", "error", "-count_frames", "-select_streams", "v:0", "-of", "csv=p=0"]);
    let output =
        ffprobe.args(["-show_entries", "stream=nb_read_frames"]).arg(video).output().expect("ffprobe");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().trim_end_matches(',').parse().unwrap()
}

/// The burnt-in counter of each frame.
fn counters_in(video: &Path, width: usize, height: usize) -> Vec<u32> {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-i"]).arg(video).args([
        "-fps_mode",
        "passthrough",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "gray",
        "-",
    ]);
    let output = ffmpeg.output().expect("ffmpeg");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let frames = output.stdout.chunks(width * height);
    frames.map(|luma| counter::read(luma, width).expect("a counter in every frame")).collect()
}
