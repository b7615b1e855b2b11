//! `[media-capture]` of chit.toml.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use chit_runtime::{Section, Shared};
use jiff::civil::Time;
use serde::Deserialize;

use crate::device::camera::CameraSettings;
use crate::domain::mask::{MASKS_MAX, Mask};
use crate::domain::retention::{Profile, Terms};
use crate::evidence::keys;

/// Cameras that are tried one after the other.
const CAMERAS_MAX: usize = 4;
const NAME_LEN_MAX: usize = 64;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
pub struct Config {
    /// The camera worker and its arguments; empty = `cam-worker` beside this program.
    pub worker: Vec<String>,
    /// Device for `cam-worker`, best from /dev/v4l/by-id; unset = the first camera that can capture.
    pub device: Option<PathBuf>,
    /// More than one camera, in the order in which they are tried; empty = the one above.
    pub cameras: Vec<CameraConfig>,
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
    /// Burnt into the pictures until checkout tells what the shop and the till are called.
    pub shop_name: String,
    pub till: String,
    /// What they are burnt in with.
    pub font: PathBuf,
    /// Photo 2 waits so long until the receipt's code can be read in it.
    pub paper_wait_ms: u64,
    /// What the evidence may take of the disk; 0 = as much as there is.
    pub disk_cap_mb: u64,
    /// "cn", "eu", or "custom" with a table of its own.
    pub retention: Retention,
    pub retention_terms: RetentionTerms,
    /// age recipient of the arbiter, imported from them; empty = the evidence is sealed to the shop only.
    pub arbiter: String,
    pub sound: bool,
    /// The sound worker and its arguments; empty = `sound-worker listen` beside this program.
    pub sound_worker: Vec<String>,
    /// Name of the microphone for `sound-worker`; unset = the first real one.
    pub microphone: Option<String>,
    /// May the till and the customer display speak?
    pub speaker: bool,
    /// The worker that plays, and its arguments; empty = `sound-worker play` beside this program.
    pub speaker_worker: Vec<String>,
    pub speaker_volume_percent: u8,
    /// "21:00-08:00"; empty = never.
    pub speaker_quiet_hours: String,
}

/// One camera of several.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CameraConfig {
    /// What it is called in the manifest: "till", "customer".
    pub name: String,
    pub worker: Vec<String>,
    pub device: Option<PathBuf>,
    /// Serial number of its USB device, instead of a path.
    pub serial: Option<String>,
    pub width: Option<u16>,
    pub height: Option<u16>,
    pub fps: Option<u16>,
    /// "auto", or units of 100 µs; unset = as the camera has it.
    pub exposure: Option<Setting>,
    /// "auto", or the camera's own unit.
    pub focus: Option<Setting>,
    /// Areas that nobody is to see: left, top, width, height in thousandths.
    pub masks: Vec<[u16; 4]>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Setting {
    Fixed(i64),
    Word(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retention {
    Cn,
    Eu,
    Custom,
}

/// Of a profile of the shop's own.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionTerms {
    pub film_days_after_conclusion: u32,
    pub film_hours_after_notice: u32,
    pub film_days_after_answer: u32,
    pub rest_days_after_conclusion: u32,
}

impl Default for RetentionTerms {
    fn default() -> Self {
        Self {
            film_days_after_conclusion: 90,
            film_hours_after_notice: 0,
            film_days_after_answer: 0,
            rest_days_after_conclusion: 1095,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            worker: Vec::new(),
            device: None,
            cameras: Vec::new(),
            preroll_ms: 3_000,
            preroll_ram_s: 10,
            postroll_ms: 5_000,
            max_ms: 120_000,
            stall_ms: 2_000,
            backoff_ms_min: 500,
            backoff_ms_max: 10_000,
            bitrate_kbps: 600,
            goods_wait_ms: 3_600_000,
            shop_name: String::new(),
            till: String::new(),
            font: "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc".into(),
            paper_wait_ms: 500,
            disk_cap_mb: 0,
            retention: Retention::Cn,
            retention_terms: RetentionTerms::default(),
            arbiter: String::new(),
            sound: false,
            sound_worker: Vec::new(),
            microphone: None,
            speaker: false,
            speaker_worker: Vec::new(),
            speaker_volume_percent: 80,
            speaker_quiet_hours: String::new(),
        }
    }
}

impl Section for Config {
    fn check(&self, _: &Shared) -> anyhow::Result<()> {
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
        ensure!(
            self.shop_name.chars().count() <= NAME_LEN_MAX && self.till.chars().count() <= NAME_LEN_MAX,
            "[media-capture] shop_name, till: use at most {NAME_LEN_MAX} characters"
        );
        ensure!(self.paper_wait_ms <= 2_000, "[media-capture] paper_wait_ms: use at most 2000");
        ensure!(
            self.speaker_volume_percent <= 100,
            "[media-capture] speaker_volume_percent: use at most 100"
        );
        self.quiet_hours()?;
        keys::arbiter(&self.arbiter)?;
        self.check_cameras()
    }
}

impl Config {
    fn check_cameras(&self) -> anyhow::Result<()> {
        ensure!(
            self.cameras.len() <= CAMERAS_MAX,
            "[[media-capture.cameras]]: use at most {CAMERAS_MAX} cameras"
        );
        ensure!(
            self.cameras.is_empty() || (self.worker.is_empty() && self.device.is_none()),
            "[media-capture] worker, device: put them into [[media-capture.cameras]] where there are several"
        );
        for (number, camera) in self.cameras.iter().enumerate() {
            let named = !camera.name.is_empty() && camera.name.len() <= NAME_LEN_MAX;
            let unique = self.cameras[..number].iter().all(|other| other.name != camera.name);
            ensure!(named && unique, "[[media-capture.cameras]] name: each needs one of its own");
            let masks = camera.masks.iter().copied().map(mask);
            ensure!(
                camera.masks.len() <= MASKS_MAX && masks.clone().all(|mask| mask.is_valid()),
                "[[media-capture.cameras]] masks of {}: at most {MASKS_MAX}, each left, top, width, height in \
                 thousandths of the picture",
                camera.name
            );
        }
        Ok(())
    }

    pub fn profile(&self) -> Profile {
        let terms = self.retention_terms;
        match self.retention {
            Retention::Cn => Profile::Cn,
            Retention::Eu => Profile::Eu,
            Retention::Custom => Profile::Custom(Terms {
                film_days_after_conclusion: terms.film_days_after_conclusion,
                film_hours_after_notice: terms.film_hours_after_notice,
                film_days_after_answer: terms.film_days_after_answer,
                rest_days_after_conclusion: terms.rest_days_after_conclusion,
            }),
        }
    }

    pub fn cameras(&self) -> anyhow::Result<Vec<CameraSettings>> {
        if self.cameras.is_empty() {
            let only = CameraConfig {
                name: "till".into(),
                worker: self.worker.clone(),
                device: self.device.clone(),
                ..CameraConfig::default()
            };
            return Ok(vec![self.camera(&only)?]);
        }
        self.cameras.iter().map(|camera| self.camera(camera)).collect()
    }

    fn camera(&self, camera: &CameraConfig) -> anyhow::Result<CameraSettings> {
        Ok(CameraSettings {
            name: camera.name.clone(),
            worker: if camera.worker.is_empty() { camera.own_worker()? } else { camera.worker.clone() },
            masks: camera.masks.iter().copied().map(mask).collect(),
            device: camera.device.clone(),
            stall: Duration::from_millis(self.stall_ms),
            backoff_min: Duration::from_millis(self.backoff_ms_min),
            backoff_max: Duration::from_millis(self.backoff_ms_max),
        })
    }

    /// `None`: the speaker is off.
    pub fn player(&self) -> anyhow::Result<Option<Vec<String>>> {
        Ok(match (self.speaker, self.speaker_worker.is_empty()) {
            (false, _) => None,
            (true, false) => Some(self.speaker_worker.clone()),
            (true, true) => Some(vec![beside("sound-worker")?, "play".to_owned()]),
        })
    }

    pub fn quiet_hours(&self) -> anyhow::Result<Option<(Time, Time)>> {
        if self.speaker_quiet_hours.is_empty() {
            return Ok(None);
        }
        let time = |text: &str| Time::strptime("%H:%M", text.trim()).ok();
        let times = self.speaker_quiet_hours.split_once('-');
        let times = times.and_then(|(from, until)| Some((time(from)?, time(until)?)));
        times.map(Some).context("[media-capture] speaker_quiet_hours: use a span like 21:00-08:00")
    }

    pub fn listener(&self) -> anyhow::Result<Vec<String>> {
        if !self.sound_worker.is_empty() {
            return Ok(self.sound_worker.clone());
        }
        let mut argv = vec![beside("sound-worker")?, "listen".to_owned()];
        if let Some(name) = &self.microphone {
            argv.extend(["--device".to_owned(), name.clone()]);
        }
        Ok(argv)
    }
}

impl CameraConfig {
    fn own_worker(&self) -> anyhow::Result<Vec<String>> {
        let mut argv = vec![beside("cam-worker")?];
        let word = |setting: &Option<Setting>| {
            setting.as_ref().map(|setting| match setting {
                Setting::Fixed(value) => value.to_string(),
                Setting::Word(word) => word.clone(),
            })
        };
        let number = |number: Option<u16>| number.map(|number| number.to_string());
        let options = [
            ("--device", self.device.as_deref().map(|path| path.to_string_lossy().into_owned())),
            ("--serial", self.serial.clone()),
            ("--width", number(self.width)),
            ("--height", number(self.height)),
            ("--fps", number(self.fps)),
            ("--exposure", word(&self.exposure)),
            ("--focus", word(&self.focus)),
        ];
        for (option, value) in options {
            argv.extend(value.into_iter().flat_map(|value| [option.to_owned(), value]));
        }
        Ok(argv)
    }
}

/// A program that is installed with this one.
pub fn beside(name: &str) -> anyhow::Result<String> {
    let own = std::env::current_exe().context("cannot find this program's own folder")?;
    Ok(own.with_file_name(Path::new(name)).to_string_lossy().into_owned())
}

fn mask([left, top, width, height]: [u16; 4]) -> Mask {
    Mask { left, top, width, height }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_one_camera_called_till_and_no_sound() {
        let config = Config::default();
        config.check(&Shared::default()).unwrap();
        let cameras = config.cameras().unwrap();
        assert_eq!((cameras.len(), &*cameras[0].name, config.sound), (1, "till", false));
    }

    #[test]
    fn a_preroll_longer_than_the_memory_is_refused() {
        let refused =
            Config { preroll_ms: 11_000, ..Config::default() }.check(&Shared::default()).unwrap_err();
        assert!(refused.to_string().contains("preroll_ms"), "{refused}");
    }

    #[test]
    fn several_cameras_have_names_and_their_settings_reach_the_worker() {
        let text = r#"
            [[cameras]]
            name = "till"
            serial = "A1"
            exposure = "auto"
            focus = 120
            masks = [[0, 900, 100, 100]]
            [[cameras]]
            name = "customer"
            device = "/dev/video2"
        "#;
        let config: Config = toml::from_str(text).unwrap();
        config.check(&Shared::default()).unwrap();
        let cameras = config.cameras().unwrap();
        assert_eq!(cameras[0].worker[1..], ["--serial", "A1", "--exposure", "auto", "--focus", "120"]);
        assert_eq!(cameras[0].masks, [Mask { left: 0, top: 900, width: 100, height: 100 }]);
        assert_eq!(cameras[1].device.as_deref(), Some(Path::new("/dev/video2")));
        for (from, to, named) in [
            ("\"customer\"", "\"till\"", "name"),
            ("[0, 900, 100, 100]", "[950, 900, 100, 100]", "masks"),
            (
                "[[cameras]]\n            name = \"till\"",
                "device = \"/dev/x\"\n[[cameras]]\nname = \"till\"",
                "device",
            ),
        ] {
            let config: Config = toml::from_str(&text.replacen(from, to, 1)).unwrap();
            let refused = config.check(&Shared::default()).unwrap_err().to_string();
            assert!(refused.contains(named), "{refused}");
        }
    }

    #[test]
    fn an_arbiter_who_cannot_be_sealed_to_is_refused_before_the_first_sale() {
        let config = Config { arbiter: "age1wrong".into(), ..Config::default() };
        let refused = config.check(&Shared::default()).unwrap_err().to_string();
        assert!(refused.contains("[media-capture] arbiter"), "{refused}");
    }
}
