//! `sound-worker`: the child process that owns the sound card. `listen` writes what the microphone hears to stdout
//! (the sound pipe), `play` says what comes on stdin. It may block in a sound server for ever; its parent kills it then.

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{SampleFormat, StreamConfig};
use thiserror::Error;

use crate::device::sound::is_real;
use crate::device::time::monotonic_ns;
use crate::domain::sound_pipe::{Header, Hello, PIECE_SAMPLES_MAX};

/// Pieces waiting for the parent; a second of them is a parent that stands still.
const PIECES_WAITING_MAX: usize = 64;
const RATE_WANTED: u32 = 48_000;

#[derive(Debug, Error)]
enum ListenError {
    #[error("usage: sound-worker listen [--device NAME] | sound-worker play [--device NAME]")]
    Usage,
    #[error("no such device")]
    Absent,
    #[error("the sound card refused: {0}")]
    Refused(String),
    #[error("the pipe broke")]
    Pipe(#[from] io::Error),
}

pub fn main(args: impl Iterator<Item = String>) -> ExitCode {
    let args: Vec<String> = args.collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["listen"] => listen(None),
        ["listen", "--device", name] => listen(Some(name)),
        ["play"] => super::player::play(None).map_err(ListenError::Refused),
        ["play", "--device", name] => super::player::play(Some(name)).map_err(ListenError::Refused),
        _ => Err(ListenError::Usage),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sound-worker: {error}");
            ExitCode::from(if matches!(error, ListenError::Usage) { 64 } else { 3 })
        }
    }
}

struct Piece {
    monotonic_ns: u64,
    samples: Vec<i16>,
}

fn listen(name: Option<&str>) -> Result<(), ListenError> {
    std::thread::spawn(leave_with_stdin);
    let refused = |error: cpal::Error| ListenError::Refused(error.to_string());
    let mut devices = cpal::default_host().input_devices().map_err(refused)?;
    let fits = |device: &cpal::Device| {
        is_real(device) && name.is_none_or(|name| device.id().is_ok_and(|id| id.to_string().contains(name)))
    };
    let device = devices.find(fits).ok_or(ListenError::Absent)?;
    let config = device.default_input_config().map_err(refused)?;
    let (format, mut config): (SampleFormat, StreamConfig) = (config.sample_format(), config.into());
    let supported = device.supported_input_configs().map_err(refused)?;
    if supported.into_iter().any(|range| {
        range.sample_format() == format
            && range.channels() == config.channels
            && (range.min_sample_rate()..=range.max_sample_rate()).contains(&RATE_WANTED)
    }) {
        config.sample_rate = RATE_WANTED;
    }
    let id = device.id().map(|id| id.to_string()).unwrap_or_default();
    let (pieces, waiting) = sync_channel(PIECES_WAITING_MAX);
    let xruns = Arc::new(AtomicU32::new(0));
    let stream = open(&device, &config, format, pieces, &xruns)?;
    stream.play().map_err(refused)?;
    let mut out = io::stdout().lock();
    out.write_all(&Hello::encode(config.sample_rate, &id))?;
    for piece in waiting {
        let (xruns, samples) = (xruns.load(Ordering::Relaxed), piece.samples.len());
        let header = Header { monotonic_ns: piece.monotonic_ns, xruns, samples }.encode();
        let bytes: Vec<u8> = piece.samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        out.write_all(&header)?;
        out.write_all(&bytes)?;
        out.flush()?;
    }
    Ok(())
}

fn open(
    device: &cpal::Device,
    config: &StreamConfig,
    format: SampleFormat,
    pieces: SyncSender<Piece>,
    xruns: &Arc<AtomicU32>,
) -> Result<cpal::Stream, ListenError> {
    let (channels, rate) = (usize::from(config.channels).max(1), u64::from(config.sample_rate).max(1));
    let (lost, counted) = (xruns.clone(), xruns.clone());
    // A flood of them is one broken card: counted, not told one by one.
    let failed = move |_: cpal::Error| {
        counted.fetch_add(1, Ordering::Relaxed);
    };
    let hear = move |samples: Vec<i16>| {
        let length_ns = samples.len() as u64 * 1_000_000_000 / rate;
        let from_ns = monotonic_ns().saturating_sub(length_ns);
        for (number, samples) in samples.chunks(PIECE_SAMPLES_MAX).enumerate() {
            let before_ns = (number * PIECE_SAMPLES_MAX) as u64 * 1_000_000_000 / rate;
            let piece = Piece { monotonic_ns: from_ns + before_ns, samples: samples.to_vec() };
            if pieces.try_send(piece).is_err() {
                lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    let stream = match format {
        SampleFormat::I16 => device.build_input_stream(
            *config,
            move |data: &[i16], _: &_| hear(data.chunks(channels).map(|frame| frame[0]).collect()),
            failed,
            None,
        ),
        SampleFormat::F32 => device.build_input_stream(
            *config,
            move |data: &[f32], _: &_| hear(data.chunks(channels).map(|frame| to_i16(frame[0])).collect()),
            failed,
            None,
        ),
        other => return Err(ListenError::Refused(format!("samples of {other} are not understood"))),
    };
    stream.map_err(|error| ListenError::Refused(error.to_string()))
}

fn to_i16(sample: f32) -> i16 {
    (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16
}

/// The parent closes our stdin to send us away, or by dying.
fn leave_with_stdin() {
    let mut ignored = [0; 256];
    while matches!(io::stdin().lock().read(&mut ignored), Ok(1..)) {}
    std::process::exit(0);
}
