//! Keeps a camera worker running. The worker is a child process because a stalled V4L2 driver can only be
//! left by killing whoever waits for it (nokhwa's `frame()` ends in `poll(-1)`).

use std::process::Stdio;
use std::time::Duration;

use chit_runtime::Shutdown;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout, timeout_at};

use super::engine::EngineInput;
use crate::domain::clip::GapReason;
use crate::domain::frame_pipe::{PipeEvent, PipeParser, exit_code};

/// A USB camera may take seconds from opening to its first picture.
const FIRST_FRAME_MAX: Duration = Duration::from_secs(5);
/// How long a worker may take to go once its stdin is closed.
const LEAVE_MAX: Duration = Duration::from_millis(500);
/// A 640×480 frame fits the pipe twice: the worker need not wait for us while it copies.
const PIPE_BYTES: usize = 1024 * 1024;
const READ_BYTES: usize = 256 * 1024;

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
    pub worker: Vec<String>,
    pub stall: Duration,
    pub backoff_min: Duration,
    pub backoff_max: Duration,
}

pub struct Camera {
    pub settings: CameraSettings,
    pub engine: mpsc::Sender<EngineInput>,
    pub state: watch::Sender<CameraState>,
    pub shutdown: Shutdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Asked,
    Absent,
    Stalled,
    Lost,
}

impl Camera {
    pub async fn run(self) {
        let mut backoff = self.settings.backoff_min;
        while !self.shutdown.is_triggered() {
            self.state.send_replace(CameraState::Opening);
            let (ended, frames) = self.one_worker().await;
            if frames > 0 {
                backoff = self.settings.backoff_min;
            }
            match ended {
                Ended::Asked => return,
                Ended::Absent => self.state.send_replace(CameraState::Absent),
                Ended::Stalled | Ended::Lost => self.state.send_replace(CameraState::Backoff),
            };
            tracing::info!(?ended, frames, retry_ms = backoff.as_millis(), "camera worker ended");
            tokio::select! {
                () = self.shutdown.wait() => return,
                () = tokio::time::sleep(backoff) => {}
            }
            backoff = (backoff * 2).min(self.settings.backoff_max);
        }
    }

    async fn one_worker(&self) -> (Ended, u64) {
        let [program, args @ ..] = &self.settings.worker[..] else { return (Ended::Absent, 0) };
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
            ended = self.frames_of(stdout, &mut frames) => ended,
        };
        if frames > 0 {
            let reason =
                if ended == Ended::Stalled { GapReason::CameraStalled } else { GapReason::CameraLost };
            self.tell(EngineInput::CameraDown(reason)).await;
        }
        drop(stdin);
        let code = leave(&mut child, ended == Ended::Stalled).await;
        let absent = ended == Ended::Lost && code == Some(i32::from(exit_code::ABSENT));
        (if absent { Ended::Absent } else { ended }, frames)
    }

    async fn frames_of(&self, mut stdout: ChildStdout, frames: &mut u64) -> Ended {
        if let Err(error) = rustix::pipe::fcntl_setpipe_size(&stdout, PIPE_BYTES) {
            tracing::debug!(%error, "the frame pipe stays small");
        }
        let mut parser = PipeParser::default();
        let mut buffer = vec![0; READ_BYTES];
        let mut deadline = Instant::now() + FIRST_FRAME_MAX.max(self.settings.stall);
        loop {
            let read = match timeout_at(deadline, stdout.read(&mut buffer)).await {
                Err(_) => {
                    self.state.send_replace(CameraState::Stalled);
                    return Ended::Stalled;
                }
                Ok(Err(_) | Ok(0)) => return Ended::Lost,
                Ok(Ok(read)) => read,
            };
            parser.feed(&buffer[..read]);
            loop {
                match parser.next_event() {
                    Ok(None) => break,
                    Ok(Some(PipeEvent::Hello(hello))) => {
                        tracing::info!(?hello, "camera opened");
                        self.tell(EngineInput::CameraUp(hello)).await;
                    }
                    Ok(Some(PipeEvent::Frame(frame))) => {
                        *frames += 1;
                        deadline = Instant::now() + self.settings.stall;
                        self.state.send_if_modified(|state| {
                            std::mem::replace(state, CameraState::Streaming) != CameraState::Streaming
                        });
                        // A full queue drops the frame; the jump in `seq` shows in the manifest.
                        let _ = self.engine.try_send(EngineInput::Frame(frame));
                    }
                    Err(error) => {
                        tracing::error!(%error, "camera worker");
                        return Ended::Lost;
                    }
                }
            }
        }
    }

    async fn tell(&self, input: EngineInput) {
        if self.engine.send(input).await.is_err() {
            tracing::error!("the encoder is gone");
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
