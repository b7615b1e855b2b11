//! Keeps a camera worker running, of the first camera that works. The worker is a child process because a stalled V4L2 driver can only be
//! left by killing whoever waits for it (nokhwa's `frame()` ends in `poll(-1)`).

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use chit_runtime::Shutdown;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::engine_queue::{EngineInput, EngineQueue};
use super::eye::Eye;
use crate::domain::clip::GapReason;
use crate::domain::frame_pipe::{PipeEvent, PipeParser, RawFrame, exit_code};
use crate::domain::mask::{Mask, blacken};

/// A USB camera may take seconds from opening to its first picture.
const FIRST_FRAME_MAX: Duration = Duration::from_secs(5);
/// How long a worker may take to go once its stdin is closed.
const LEAVE_MAX: Duration = Duration::from_millis(500);
/// A camera further down the list is left this long after, when nobody is being filmed and a better one may be back.
const RETURN_AFTER: Duration = Duration::from_secs(60);
/// A 640×480 frame fits the pipe twice: the worker need not wait for us while it copies.
const PIPE_BYTES: usize = 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CameraState {
    Absent,
    Opening,
    Streaming,
    Stalled,
    Backoff,
}

#[derive(Clone, Debug)]
pub struct CameraSettings {
    pub name: String,
    pub worker: Vec<String>,
    pub masks: Vec<Mask>,
    /// Where the device is, if that is known: a preferred camera that is not there is not tried.
    pub device: Option<PathBuf>,
    pub stall: Duration,
    pub backoff_min: Duration,
    pub backoff_max: Duration,
}

/// The cameras of the configuration and which of them is filming.
#[derive(Clone, Debug)]
pub struct CamerasState {
    pub active: usize,
    pub cameras: Vec<(String, CameraState)>,
}

impl CamerasState {
    pub fn new(settings: &[CameraSettings]) -> Self {
        let cameras = settings.iter().map(|camera| (camera.name.clone(), CameraState::Absent));
        let mut state = Self { active: 0, cameras: cameras.collect() };
        state.set(0, CameraState::Opening);
        state
    }

    pub fn active_state(&self) -> CameraState {
        self.cameras.get(self.active).map_or(CameraState::Absent, |(_, state)| *state)
    }

    fn set(&mut self, camera: usize, state: CameraState) {
        self.active = camera;
        if let Some(known) = self.cameras.get_mut(camera) {
            known.1 = state;
        }
    }
}

/// Films with the first camera that works, in the order of the configuration.
pub struct Cameras {
    pub settings: Vec<CameraSettings>,
    pub engine: EngineQueue,
    pub eye: Eye,
    pub state: watch::Sender<CamerasState>,
    /// Clips that run: a camera that works is not left in the middle of one.
    pub clips: watch::Receiver<usize>,
    pub shutdown: Shutdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Asked,
    Absent,
    Stalled,
    Lost,
    /// A better camera may be there again.
    Left,
}

impl Cameras {
    pub async fn run(self) {
        let Some(first) = self.settings.first() else { return };
        let mut backoff = first.backoff_min;
        let (mut camera, mut failed_in_a_row) = (0, 0);
        while !self.shutdown.is_triggered() {
            self.set(camera, CameraState::Opening);
            let (ended, frames) = self.one_worker(camera).await;
            if frames > 0 {
                (backoff, failed_in_a_row) = (first.backoff_min, 0);
            }
            match ended {
                Ended::Asked => return,
                Ended::Absent | Ended::Left => self.set(camera, CameraState::Absent),
                Ended::Stalled | Ended::Lost => self.set(camera, CameraState::Backoff),
            };
            let name = &self.settings[camera].name;
            tracing::info!(camera = name, ?ended, frames, "camera worker ended");
            if ended == Ended::Left {
                camera = 0;
                continue;
            }
            camera = (camera + 1) % self.settings.len();
            failed_in_a_row += 1;
            if failed_in_a_row < self.settings.len() {
                continue;
            }
            failed_in_a_row = 0;
            tokio::select! {
                () = self.shutdown.wait() => return,
                () = tokio::time::sleep(backoff) => {}
            }
            backoff = (backoff * 2).min(first.backoff_max);
        }
    }

    fn set(&self, camera: usize, to: CameraState) {
        self.state.send_if_modified(|state| {
            let before = (state.active, state.active_state());
            state.set(camera, to);
            before != (camera, to)
        });
    }

    async fn one_worker(&self, camera: usize) -> (Ended, u64) {
        let settings = &self.settings[camera];
        let [program, args @ ..] = &settings.worker[..] else { return (Ended::Absent, 0) };
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                tracing::error!(program, %error, "cannot start the camera worker");
                return (Ended::Absent, 0);
            }
        };
        // Closing it is how the worker is told to go, also when this process is killed.
        let stdin = child.stdin.take();
        let Some(stdout) = child.stdout.take() else { return (Ended::Absent, 0) };
        let mut frames = 0;
        let ended = tokio::select! {
            () = self.shutdown.wait() => Ended::Asked,
            () = self.better_one_is_back(camera) => Ended::Left,
            ended = self.frames_of(camera, stdout, &mut frames) => ended,
        };
        if frames > 0 {
            let reason =
                if ended == Ended::Stalled { GapReason::CameraStalled } else { GapReason::CameraLost };
            self.eye.lose();
            self.engine.tell(EngineInput::CameraDown(reason));
        }
        drop(stdin);
        let code = leave(&mut child, ended == Ended::Stalled).await;
        let absent = ended == Ended::Lost && code == Some(i32::from(exit_code::ABSENT));
        (if absent { Ended::Absent } else { ended }, frames)
    }

    /// Returns once the first camera may be there again and nobody is being filmed.
    async fn better_one_is_back(&self, camera: usize) {
        if camera == 0 {
            std::future::pending::<()>().await;
        }
        loop {
            tokio::time::sleep(RETURN_AFTER).await;
            let there = self.settings[0].device.as_ref().is_none_or(|device| device.exists());
            if there && *self.clips.borrow() == 0 {
                return;
            }
        }
    }

    async fn frames_of(&self, camera: usize, mut stdout: ChildStdout, frames: &mut u64) -> Ended {
        let settings = &self.settings[camera];
        if let Err(error) = rustix::pipe::fcntl_setpipe_size(&stdout, PIPE_BYTES) {
            tracing::debug!(%error, "the frame pipe stays small");
        }
        let mut parser = PipeParser::default();
        let mut deadline = Instant::now() + FIRST_FRAME_MAX.max(settings.stall);
        loop {
            let read = match timeout_at(deadline, stdout.read(parser.room())).await {
                Err(_) => {
                    self.set(camera, CameraState::Stalled);
                    return Ended::Stalled;
                }
                Ok(Err(_) | Ok(0)) => return Ended::Lost,
                Ok(Ok(read)) => read,
            };
            match parser.advance(read) {
                Ok(None) => {}
                Ok(Some(PipeEvent::Hello(hello))) => {
                    tracing::info!(camera = settings.name, ?hello, "camera opened");
                    self.engine.tell(EngineInput::CameraUp(settings.name.clone(), hello));
                }
                Ok(Some(PipeEvent::Frame(frame))) => {
                    *frames += 1;
                    deadline = Instant::now() + settings.stall;
                    self.set(camera, CameraState::Streaming);
                    self.show(frame, &settings.masks);
                }
                Err(error) => {
                    tracing::error!(%error, "camera worker");
                    return Ended::Lost;
                }
            }
        }
    }

    /// Whoever wants a picture has it before the encoder: a busy encoder must not cost a photo.
    fn show(&self, mut frame: RawFrame, masks: &[Mask]) {
        blacken(&mut frame, masks);
        let frame = Arc::new(frame);
        if self.eye.show(&frame) {
            // The jump in `seq` shows in the manifest when the queue dropped one.
            self.engine.frame(frame);
        }
    }
}

/// Waits for the worker to go, kills it if it does not; its exit code says why it ended.
async fn leave(child: &mut Child, kill_now: bool) -> Option<i32> {
    if !kill_now && let Ok(Ok(status)) = timeout(LEAVE_MAX, child.wait()).await {
        return status.code();
    }
    if let Err(error) = child.kill().await {
        tracing::warn!(%error, "cannot kill the camera worker");
    }
    None
}
