//! The recorded voices: pieces of speech as Opus packets, one file a language (voice/README.md says who made them).

use opus::{Channels, Decoder};
use thiserror::Error;

use crate::domain::drift::RATE;
use crate::domain::speech::Language;

const CHINESE: &[u8] = include_bytes!("../../voice/zh.voice");
const ENGLISH: &[u8] = include_bytes!("../../voice/en.voice");
/// Samples of 20 ms.
const PACKET: usize = RATE as usize / 50;
/// Between two pieces, so that they do not run into each other.
const PAUSE: usize = RATE as usize / 50;

#[derive(Debug, Error)]
pub enum VoiceError {
    #[error("the voice has no piece {0:?}")]
    Missing(String),
    #[error("the voice file is damaged")]
    Damaged,
    #[error("Opus refused")]
    Opus(#[from] opus::Error),
}

/// Name of a piece, its packets.
type Piece<'a> = (&'a str, Vec<&'a [u8]>);

/// 16-bit mono at 48 kHz.
pub fn say(pieces: &[&str], language: Language, volume_percent: u8) -> Result<Vec<i16>, VoiceError> {
    let bytes = match language {
        Language::Chinese => CHINESE,
        Language::English => ENGLISH,
    };
    let voice = parse(bytes).ok_or(VoiceError::Damaged)?;
    let mut samples = Vec::new();
    for name in pieces {
        let found = voice.iter().find(|(known, _)| known == name);
        let (_, packets) = found.ok_or_else(|| VoiceError::Missing((*name).to_owned()))?;
        let mut decoder = Decoder::new(RATE, Channels::Mono)?;
        let mut piece = [0; PACKET];
        for packet in packets {
            let count = decoder.decode(packet, &mut piece, false)?;
            samples.extend_from_slice(&piece[..count]);
        }
        samples.resize(samples.len() + PAUSE, 0);
    }
    let scale = i32::from(volume_percent.min(100));
    samples.iter_mut().for_each(|sample| *sample = (i32::from(*sample) * scale / 100) as i16);
    Ok(samples)
}

/// Length and name of a piece, number of its packets, each behind its length; big-endian.
fn parse(mut bytes: &[u8]) -> Option<Vec<Piece<'_>>> {
    fn take<'a>(bytes: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
        let (head, rest) = bytes.split_at_checked(len)?;
        *bytes = rest;
        Some(head)
    }
    fn number(bytes: &mut &[u8]) -> Option<usize> {
        let two = take(bytes, 2)?;
        Some(usize::from(u16::from_be_bytes([two[0], two[1]])))
    }
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        let len = number(&mut bytes)?;
        let name = std::str::from_utf8(take(&mut bytes, len)?).ok()?;
        let count = number(&mut bytes)?;
        let mut packets = Vec::with_capacity(count.min(1_000));
        for _ in 0..count {
            let len = number(&mut bytes)?;
            packets.push(take(&mut bytes, len)?);
        }
        pieces.push((name, packets));
    }
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::speech::PIECES;

    #[test]
    fn both_voices_have_every_piece_and_each_can_be_heard() {
        for language in [Language::Chinese, Language::English] {
            for piece in PIECES {
                let samples = say(&[piece], language, 100).unwrap();
                let loudest = samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
                assert!(loudest > 2_000, "{language:?} {piece}: {loudest}");
                assert!(samples.len() < RATE as usize * 6, "{language:?} {piece}");
            }
        }
    }

    #[test]
    fn half_the_volume_is_half_as_loud_and_an_unknown_piece_is_an_error() {
        let loudest = |percent| {
            let samples = say(&["recorded"], Language::English, percent).unwrap();
            samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap()
        };
        assert!(loudest(100).abs_diff(loudest(50) * 2) <= 2 && loudest(0) == 0);
        assert!(say(&["paid"], Language::English, 100).is_err());
    }

    #[test]
    fn a_voice_cut_anywhere_is_damaged_or_whole_and_never_panics() {
        for cut in (0..ENGLISH.len()).step_by(101) {
            let _ = parse(&ENGLISH[..cut]);
        }
    }
}
