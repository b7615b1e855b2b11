//! Keeps a sound worker running and codes what it hears. The worker is a child process, as the camera's: a wedged
//! sound server can only be left by killing whoever waits for it.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use chit_runtime::Shutdown;
use opus::{Application, Bitrate, Channels, Encoder};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, BufReader};
use tokio::process::Command;
use tokio::sync::watch;
use tokio::time::timeout;

use super::coded_sound::CodedSound;
use super::engine_queue::{EngineInput, EngineQueue};
use crate::domain::clip::GapReason;
use crate::domain::drift::{Drift, RATE};
use crate::domain::sound_pipe::{HEADER_LEN, HELLO_LEN, Header, Hello, SoundPipeError};

/// Speech over a counter; 3 kB a second.
const BITS_A_SECOND: i32 = 24_000;
/// Of 0 to 10; the library's own choice of 9 costs a third more.
const COMPLEXITY: i32 = 3;
/// Samples of a packet: 20 ms.
const PACKET: usize = RATE as usize / 50;
const PACKET_NS: u64 = 20_000_000;
/// The greatest packet that Opus makes (RFC 6716 §3.2.1), with room.
const PACKET_BYTES_MAX: usize = 1_500;
/// A piece is read so late at most: it says itself when it was heard, and who wakes for every 10 ms of a sound card pays for the waking.
const REST: Duration = Duration::from_millis(40);
/// Four times what comes while it rests.
const PIPE_BYTES: usize = 16 << 10;
/// Silence of the worker longer than this, and it is killed.
const STALL: Duration = Duration::from_secs(2);
const BACKOFF_MIN: Duration = Duration::from_millis(500);
const BACKOFF_MAX: Duration = Duration::from_secs(10);

/// What others may know of the microphone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MicrophoneState {
    pub flows: bool,
    pub device_id: String,
    /// Times samples were lost, since the service began.
    pub xruns: u32,
}

#[derive(Debug, Error)]
enum HearError {
    #[error(transparent)]
    Pipe(#[from] SoundPipeError),
    #[error("the sound worker ended")]
    Ended(#[from] std::io::Error),
    #[error("the sound worker was silent for two seconds")]
    Stalled,
    #[error("Opus refused")]
    Opus(#[from] opus::Error),
}

pub struct Microphone {
    pub worker: Vec<String>,
    pub engine: EngineQueue,
    pub state: watch::Sender<MicrophoneState>,
    pub shutdown: Shutdown,
}

impl Microphone {
    pub async fn run(self) {
        let mut backoff = BACKOFF_MIN;
        while !self.shutdown.is_triggered() {
            let heard = tokio::select! {
                () = self.shutdown.wait() => return,
                heard = self.one_worker() => heard,
            };
            if self.state.borrow().flows {
                backoff = BACKOFF_MIN;
            }
            self.state.send_modify(|state| state.flows = false);
            self.engine.tell(EngineInput::SoundDown(GapReason::MicrophoneLost));
            tracing::info!(error = ?heard.err(), retry_ms = backoff.as_millis(), "sound worker ended");
            tokio::select! {
                () = self.shutdown.wait() => return,
                () = tokio::time::sleep(backoff) => {}
            }
            backoff = (backoff * 2).min(BACKOFF_MAX);
        }
    }

    async fn one_worker(&self) -> Result<(), HearError> {
        let [program, args @ ..] = &self.worker[..] else { return Ok(()) };
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let stdout = child.stdout.take();
        let heard = match stdout {
            Some(stdout) => self.hear(stdout).await,
            None => Ok(()),
        };
        // Its stdin closes here, too, which is how a worker is told to go.
        drop(child);
        heard
    }

    async fn hear(&self, pipe: impl AsyncRead + Unpin) -> Result<(), HearError> {
        let mut pipe = BufReader::with_capacity(PIPE_BYTES, pipe);
        let mut head = [0; HELLO_LEN];
        timed(pipe.read_exact(&mut head)).await?;
        let hello = Hello::decode(&head)?;
        let mut id = vec![0; hello.id_len];
        timed(pipe.read_exact(&mut id)).await?;
        let device_id = String::from_utf8_lossy(&id).into_owned();
        tracing::info!(rate = hello.rate, "microphone opened");
        let xruns_before = self.state.borrow().xruns;
        self.state.send_modify(|state| state.device_id = device_id);
        let mut coder = Coder::new(hello.rate)?;
        let mut header = [0; HEADER_LEN];
        loop {
            timed(pipe.read_exact(&mut header)).await?;
            let header = Header::decode(&header)?;
            let mut bytes = vec![0; header.samples * 2];
            timed(pipe.read_exact(&mut bytes)).await?;
            let samples: Vec<i16> =
                bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
            let packets = coder.code(header.monotonic_ns, &samples)?;
            // Whoever is told that sound flows finds it in the engine.
            let flows = self.state.borrow().flows || !packets.is_empty();
            for packet in packets {
                self.engine.tell(EngineInput::Sound(Arc::new(packet)));
            }
            let xruns = xruns_before + header.xruns;
            self.state.send_if_modified(|state| {
                let news = state.flows != flows || state.xruns != xruns;
                *state = MicrophoneState { flows, xruns, ..std::mem::take(state) };
                news
            });
            if pipe.buffer().is_empty() {
                tokio::time::sleep(REST).await;
            }
        }
    }
}

async fn timed<T>(read: impl Future<Output = std::io::Result<T>>) -> Result<T, HearError> {
    timeout(STALL, read).await.map_err(|_| HearError::Stalled)?.map_err(HearError::Ended)
}

/// Samples to packets on the camera's time.
struct Coder {
    encoder: Encoder,
    drift: Drift,
    /// Samples that do not fill a packet yet, and when the first of them was heard.
    rest: Vec<i16>,
    next_ns: u64,
}

impl Coder {
    fn new(rate_in: u32) -> Result<Self, opus::Error> {
        let mut encoder = Encoder::new(RATE, Channels::Mono, Application::Voip)?;
        encoder.set_bitrate(Bitrate::Bits(BITS_A_SECOND))?;
        encoder.set_complexity(COMPLEXITY)?;
        Ok(Self { encoder, drift: Drift::new(rate_in), rest: Vec::new(), next_ns: 0 })
    }

    fn code(&mut self, captured_ns: u64, samples: &[i16]) -> Result<Vec<CodedSound>, opus::Error> {
        let laid = self.drift.lay(captured_ns, samples);
        if laid.is_new {
            self.rest.clear();
            self.next_ns = laid.from_ns;
        }
        self.rest.extend(laid.samples);
        let mut coded = Vec::new();
        while self.rest.len() >= PACKET {
            let packet = self.encoder.encode_vec(&self.rest[..PACKET], PACKET_BYTES_MAX)?;
            coded.push(CodedSound { monotonic_ns: self.next_ns, packet });
            self.rest.drain(..PACKET);
            self.next_ns += PACKET_NS;
        }
        Ok(coded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_follow_each_other_without_a_hole_until_time_is_missing() {
        let mut coder = Coder::new(48_000).unwrap();
        let mut starts = Vec::new();
        for piece in 0..30u64 {
            let coded = coder.code(1_000_000_000 + piece * 10_000_000, &[100; 480]).unwrap();
            starts.extend(coded.iter().map(|coded| coded.monotonic_ns));
        }
        assert!(starts.len() >= 14);
        assert!(starts.windows(2).all(|pair| pair[1] - pair[0] == PACKET_NS));
        let after = coder.code(9_000_000_000, &[100; 1_920]).unwrap();
        assert_eq!(after[0].monotonic_ns, 9_000_000_000);
        assert!(!after[0].packet.is_empty());
    }
}
