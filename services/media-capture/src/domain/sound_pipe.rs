//! The sound pipe between a sound worker and the service: a hello, then pieces of 16-bit mono, little-endian.

use thiserror::Error;

pub const HELLO_MAGIC: &[u8; 8] = b"CHITMIC1";
pub const PIECE_MAGIC: &[u8; 4] = b"PCM1";
pub const HELLO_LEN: usize = 8 + 4 + 1;
pub const HEADER_LEN: usize = 4 + 8 + 4 + 4;
/// What one piece may hold: a quarter of a second at 48 kHz.
pub const PIECE_SAMPLES_MAX: usize = 12_000;
pub const RATES: std::ops::RangeInclusive<u32> = 8_000..=96_000;

#[derive(Debug, Error, PartialEq, Eq)]
pub enum SoundPipeError {
    #[error("the sound worker does not speak the sound pipe (no {:?})", "CHITMIC1")]
    NotAWorker,
    #[error("the sound worker announced {0} samples a second; use 8000 to 96000")]
    Rate(u32),
    #[error("the sound worker lost its place: no piece where one is due")]
    LostSync,
    #[error("the sound worker sent a piece of {0} samples; at most 12000 are understood")]
    TooLong(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hello {
    pub rate: u32,
    /// Bytes of the device id that follows.
    pub id_len: usize,
}

impl Hello {
    pub fn decode(bytes: &[u8; HELLO_LEN]) -> Result<Self, SoundPipeError> {
        if &bytes[..8] != HELLO_MAGIC {
            return Err(SoundPipeError::NotAWorker);
        }
        let rate = u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]);
        if !RATES.contains(&rate) {
            return Err(SoundPipeError::Rate(rate));
        }
        Ok(Self { rate, id_len: bytes[12].into() })
    }

    pub fn encode(rate: u32, id: &str) -> Vec<u8> {
        let id = &id.as_bytes()[..id.len().min(255)];
        let mut out = HELLO_MAGIC.to_vec();
        out.extend(rate.to_le_bytes());
        out.push(id.len() as u8);
        out.extend_from_slice(id);
        out
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// CLOCK_MONOTONIC of the first sample.
    pub monotonic_ns: u64,
    /// Times samples were lost since the worker began.
    pub xruns: u32,
    pub samples: usize,
}

impl Header {
    pub fn decode(bytes: &[u8; HEADER_LEN]) -> Result<Self, SoundPipeError> {
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        if &bytes[..4] != PIECE_MAGIC {
            return Err(SoundPipeError::LostSync);
        }
        let samples = word(16) as usize;
        if samples > PIECE_SAMPLES_MAX {
            return Err(SoundPipeError::TooLong(samples));
        }
        let monotonic_ns = u64::from(word(4)) | u64::from(word(8)) << 32;
        Ok(Self { monotonic_ns, xruns: word(12), samples })
    }

    pub fn encode(self) -> [u8; HEADER_LEN] {
        let mut out = [0; HEADER_LEN];
        out[..4].copy_from_slice(PIECE_MAGIC);
        out[4..12].copy_from_slice(&self.monotonic_ns.to_le_bytes());
        out[12..16].copy_from_slice(&self.xruns.to_le_bytes());
        out[16..].copy_from_slice(&(self.samples as u32).to_le_bytes());
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_garbage_is_refused() {
        let hello = Hello::encode(44_100, "usb mic");
        let head: [u8; HELLO_LEN] = hello[..HELLO_LEN].try_into().unwrap();
        assert_eq!(Hello::decode(&head), Ok(Hello { rate: 44_100, id_len: 7 }));
        assert_eq!(Hello::decode(&[7; HELLO_LEN]), Err(SoundPipeError::NotAWorker));
        let slow: [u8; HELLO_LEN] = Hello::encode(10, "")[..].try_into().unwrap();
        assert_eq!(Hello::decode(&slow), Err(SoundPipeError::Rate(10)));
        let header = Header { monotonic_ns: 5 << 33, xruns: 2, samples: 480 };
        assert_eq!(Header::decode(&header.encode()), Ok(header));
        assert_eq!(Header::decode(&[0; HEADER_LEN]), Err(SoundPipeError::LostSync));
        let long = Header { samples: 12_001, ..header };
        assert_eq!(Header::decode(&long.encode()), Err(SoundPipeError::TooLong(12_001)));
    }
}
