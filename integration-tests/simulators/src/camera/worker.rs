//! The worker: films, paced by CLOCK_MONOTONIC, until its stdin closes or the camera fails.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

use super::paper::Papers;
use super::scene::{Counter, Paper, Phone};
use super::state::{self, Scene, SceneFile};
use super::{Options, counter, pipe};
use crate::control;

const ABSENT: u8 = 3;
const BUSY: u8 = 4;
const LOST: u8 = 5;
const FORMAT: u8 = 6;

/// The events file is for tests: a camera that films for hours stops telling of every frame.
const MAX_EVENTS_BYTES: u64 = 16 << 20;

struct Worker<'a> {
    options: &'a Options,
    file: SceneFile,
    scene: Scene,
    counter: Counter,
    phone: Option<Phone>,
    papers: Option<Papers>,
    paper: Option<Paper>,
    /// Frames until the camera is lost.
    left: Option<u64>,
    events: File,
}

pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    control::exit_when_stdin_closes();
    let (width, height) = (usize::from(options.width), usize::from(options.height));
    if !counter::fits(width, height) || width % 2 != 0 || height % 2 != 0 || options.fps == 0 {
        eprintln!("sim-camera: no format {width}x{height} at {} fps", options.fps);
        return Ok(FORMAT.into());
    }
    let path = state::beside(&options.state, "events");
    let events = OpenOptions::new().create(true).append(true).open(&path);
    let mut worker = Worker {
        options,
        file: SceneFile::new(&options.state),
        scene: Scene::default(),
        counter: Counter::new(width, height),
        phone: None,
        papers: options.papers.as_deref().map(Papers::of),
        paper: None,
        left: None,
        events: events.with_context(|| format!("events file {}", path.display()))?,
    };
    worker.refresh()?;
    let code = match &worker.scene {
        Scene { absent: true, .. } => ABSENT,
        Scene { busy: true, .. } => BUSY,
        _ => worker.film()?,
    };
    worker.tell(&json!({ "event": "exited", "pid": std::process::id(), "code": code }))?;
    eprintln!("sim-camera: exit {code}");
    Ok(code.into())
}

impl Worker<'_> {
    /// Films until the camera fails; a closed pipe is the wish to end.
    fn film(&mut self) -> anyhow::Result<u8> {
        let Options { width, height, fps, .. } = *self.options;
        let interval = Duration::from_secs(1) / u32::from(fps);
        let mut out = io::stdout().lock();
        pipe::write_hello(&mut out, width, height, fps)?;
        let started = json!({ "event": "started", "pid": std::process::id(), "width": width, "height": height, "fps": fps });
        self.tell(&started)?;
        let (mut due, mut seq) = (monotonic(), 0);
        loop {
            thread::sleep(due.saturating_sub(monotonic()));
            due += interval;
            self.refresh()?;
            if self.scene.absent || self.left == Some(0) {
                self.forget_loss()?;
                return Ok(LOST);
            }
            if self.scene.stall {
                continue;
            }
            if !is_dropped(seq, self.scene.drop_percent) {
                let captured = monotonic();
                let frame = self.counter.film(seq, self.paper.as_ref(), self.phone.as_ref());
                if pipe::write_frame(&mut out, seq, captured.as_nanos() as u64, frame).is_err() {
                    return Ok(0);
                }
                self.tell(&json!({ "event": "frame", "frame": seq, "held": self.phone.is_some() }))?;
            }
            self.left = self.left.map(|left| left.saturating_sub(1));
            seq += 1;
            // A reader that was slow gets the present, not a burst of the past.
            due = due.max(monotonic().saturating_sub(interval));
        }
    }

    fn refresh(&mut self) -> anyhow::Result<()> {
        let (width, height) = (usize::from(self.options.width), usize::from(self.options.height));
        if let Some(newest) = self.papers.as_mut().and_then(Papers::changed) {
            // A paper that is being written just now is seen at the next look.
            self.paper = newest.and_then(|png| Paper::lying(&png, width, height).ok());
        }
        let Some(scene) = self.file.changed()? else { return Ok(()) };
        if scene.png != self.scene.png {
            self.phone = scene.png.as_deref().map(|png| Phone::showing(png, width, height)).transpose()?;
        }
        if scene.lose_after_frames != self.scene.lose_after_frames {
            self.left = scene.lose_after_frames.map(|loss| loss.frames);
        }
        self.scene = scene;
        Ok(())
    }

    fn forget_loss(&self) -> anyhow::Result<()> {
        if self.scene.lose_after_frames.is_some_and(|loss| loss.once) {
            state::edit(&self.options.state, |scene| scene.lose_after_frames = None)?;
        }
        Ok(())
    }

    fn tell(&mut self, event: &Value) -> anyhow::Result<()> {
        let full = self.events.metadata()?.len() > MAX_EVENTS_BYTES;
        if !(full && event["event"] == "frame") {
            self.events.write_all(format!("{event}\n").as_bytes())?;
        }
        Ok(())
    }
}

fn monotonic() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// The same frames in every run: of 100 in a row exactly `percent`, spread by a stride coprime to 100.
fn is_dropped(seq: u32, percent: u32) -> bool {
    seq.wrapping_mul(37) % 100 < percent
}
