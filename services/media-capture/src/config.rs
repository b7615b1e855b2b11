//! `[media-capture]` of chit.toml.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;

use crate::device::camera::CameraSettings;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
pub struct Config {
    /// The camera worker and its arguments; empty = `cam-worker` beside this program.
    pub worker: Vec<String>,
    /// Device for `cam-worker`, best from /dev/v4l/by-id; unset = the first camera that can capture.
    pub device: Option<PathBuf>,
    pub preroll_ms: u32,
    /// Seconds of encoded video kept in memory, the most a clip can begin in the past.
    pub preroll_ram_s: u64,
    pub postroll_ms: u32,
    /// Longest clip; it closes itself then.
    pub max_ms: u64,
    /// A camera without a frame for this long is restarted.
    pub stall_ms: u64,
    pub backoff_ms_min: u64,
    pub backoff_ms_max: u64,
    pub bitrate_kbps: u32,
    /// How long a closed clip waits for its goods before it is sealed without them.
    pub goods_wait_ms: u64,
    pub sound: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            worker: Vec::new(),
            device: None,
            preroll_ms: 3_000,
            preroll_ram_s: 10,
            postroll_ms: 5_000,
            max_ms: 120_000,
            stall_ms: 2_000,
            backoff_ms_min: 500,
            backoff_ms_max: 10_000,
            bitrate_kbps: 600,
            goods_wait_ms: 3_600_000,
            sound: false,
        }
    }
}

impl Config {
    pub fn check(&self) -> anyhow::Result<()> {
        if self.sound {
            bail!("[media-capture] sound = true: recording sound is not supported yet; set it to false");
        }
        let preroll_max_ms = self.preroll_ram_s * 1000;
        ensure!((1..=30).contains(&self.preroll_ram_s), "[media-capture] preroll_ram_s: use 1 to 30");
        ensure!(
            u64::from(self.preroll_ms) <= preroll_max_ms,
            "[media-capture] preroll_ms: at most preroll_ram_s ({preroll_max_ms} ms)"
        );
        ensure!(self.postroll_ms <= 30_000, "[media-capture] postroll_ms: use at most 30000");
        ensure!((1_000..=600_000).contains(&self.max_ms), "[media-capture] max_ms: use 1000 to 600000");
        ensure!((100..=60_000).contains(&self.stall_ms), "[media-capture] stall_ms: use 100 to 60000");
        ensure!(
            self.backoff_ms_min > 0 && self.backoff_ms_min <= self.backoff_ms_max,
            "[media-capture] backoff_ms_min: use more than 0 and at most backoff_ms_max"
        );
        ensure!((100..=8_000).contains(&self.bitrate_kbps), "[media-capture] bitrate_kbps: use 100 to 8000");
        Ok(())
    }

    pub fn camera(&self) -> anyhow::Result<CameraSettings> {
        Ok(CameraSettings {
            worker: if self.worker.is_empty() { self.own_worker()? } else { self.worker.clone() },
            stall: Duration::from_millis(self.stall_ms),
            backoff_min: Duration::from_millis(self.backoff_ms_min),
            backoff_max: Duration::from_millis(self.backoff_ms_max),
        })
    }

    fn own_worker(&self) -> anyhow::Result<Vec<String>> {
        let own = std::env::current_exe().context("cannot find this program's own folder")?;
        let mut argv = vec![own.with_file_name("cam-worker").to_string_lossy().into_owned()];
        if let Some(device) = &self.device {
            argv.extend(["--device".to_owned(), device.to_string_lossy().into_owned()]);
        }
        Ok(argv)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_sound_is_refused_with_a_remedy() {
        Config::default().check().unwrap();
        let refused = Config { sound: true, ..Config::default() }.check().unwrap_err();
        assert!(refused.to_string().contains("set it to false"), "{refused}");
    }

    #[test]
    fn a_preroll_longer_than_the_memory_is_refused() {
        let refused = Config { preroll_ms: 11_000, ..Config::default() }.check().unwrap_err();
        assert!(refused.to_string().contains("preroll_ms"), "{refused}");
    }
}
