//! Says things, one after the other. The sound card is owned by a worker, which is killed if it does not end.

use std::process::Stdio;
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::timeout;

use crate::domain::drift::{Drift, RATE};
use crate::domain::speech::Language;

/// What a worker may take beyond the length of what it says.
const WORKER_SLACK: Duration = Duration::from_secs(6);
const SYNTHESIS_MAX: Duration = Duration::from_secs(10);
/// A minute at 22 kHz; longer is no announcement.
const WAV_BYTES_MAX: u64 = 4 * 1024 * 1024;
const WAV_HEADER: usize = 44;

#[derive(Debug, Error)]
pub enum SpeakError {
    #[error("espeak-ng cannot be run; the package espeak-ng has it")]
    NoSynthesizer,
    #[error("espeak-ng made no sound of it")]
    NoSound,
    #[error("the sound worker cannot be started")]
    NoWorker(#[source] std::io::Error),
}

/// `argv` is a worker that plays 16-bit mono at 48 kHz from stdin. Returns when it is over.
pub async fn play(argv: &[String], samples: &[i16]) -> Result<(), SpeakError> {
    let [program, args @ ..] = argv else { return Ok(()) };
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().map_err(SpeakError::NoWorker)?;
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let length = Duration::from_millis(samples.len() as u64 * 1000 / u64::from(RATE));
    let said = async {
        if let Some(mut stdin) = child.stdin.take() {
            // A worker that ended early has said why on stderr.
            let _ = stdin.write_all(&bytes).await;
        }
        child.wait().await
    };
    if timeout(length + WORKER_SLACK, said).await.is_err() {
        tracing::warn!("the sound worker did not end and was killed");
    }
    Ok(())
}

/// Free text by espeak-ng, which is a program of its own (GPL-3.0): the text goes in by stdin, never as an argument.
pub async fn synthesize(text: &str, language: Language) -> Result<Vec<i16>, SpeakError> {
    let voice = match language {
        Language::Chinese => "cmn",
        Language::English => "en",
    };
    let mut command = Command::new("espeak-ng");
    command.args(["-v", voice, "--stdin", "--stdout"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child =
        command.kill_on_drop(true).stderr(Stdio::null()).spawn().map_err(|_| SpeakError::NoSynthesizer)?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let spoken = async {
        if let Some(mut stdin) = stdin {
            let _ = stdin.write_all(text.as_bytes()).await;
        }
        let mut wav = Vec::new();
        if let Some(stdout) = stdout {
            let _ = stdout.take(WAV_BYTES_MAX).read_to_end(&mut wav).await;
        }
        wav
    };
    let wav = timeout(SYNTHESIS_MAX, spoken).await.unwrap_or_default();
    from_wav(&wav).ok_or(SpeakError::NoSound)
}

/// espeak-ng writes 16-bit mono behind a plain header (RIFF); its length fields are those of a stream.
fn from_wav(wav: &[u8]) -> Option<Vec<i16>> {
    let rate = u32::from_le_bytes(wav.get(24..28)?.try_into().ok()?);
    let plain = wav.starts_with(b"RIFF") && wav.get(22..24)? == [1, 0] && wav.get(34..36)? == [16, 0];
    if !plain || !crate::domain::sound_pipe::RATES.contains(&rate) || wav.len() <= WAV_HEADER {
        return None;
    }
    let samples: Vec<i16> =
        wav[WAV_HEADER..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    Some(Drift::new(rate).lay(0, &samples).samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(rate: u32, channels: u8, samples: usize) -> Vec<u8> {
        let mut wav = b"RIFF\0\0\0\x7fWAVEfmt \x10\0\0\0\x01\0".to_vec();
        wav.extend([channels, 0]);
        wav.extend(rate.to_le_bytes());
        wav.extend((rate * 2).to_le_bytes());
        wav.extend([2, 0, 16, 0]);
        wav.extend(b"data\0\0\0\x7f");
        wav.extend(vec![7; samples * 2]);
        wav
    }

    #[test]
    fn speech_of_another_rate_is_laid_onto_ours() {
        let samples = from_wav(&wav(22_050, 1, 22_050)).unwrap();
        assert!(samples.len().abs_diff(48_000) < 10, "{}", samples.len());
        assert!(from_wav(&wav(22_050, 2, 100)).is_none() && from_wav(&wav(22_050, 1, 0)).is_none());
        assert!(from_wav(b"no wave").is_none());
    }
}
