//! Coded pictures and sound to a fragmented MP4 file in which every half second is durable by itself.

use std::io;
use std::path::Path;

use muxide::api::AudioCodec;
use muxide::fragmented::{FragmentAudioConfig, FragmentConfig, FragmentedError, FragmentedMuxer};
use thiserror::Error;

use super::coded_sound::CodedSound;
use super::encoder::{CodedFrame, StreamFormat};
use crate::domain::drift;
use crate::domain::fmp4::{self, TIMESCALE};
use crate::evidence::keys::FilmKey;
use crate::evidence::spool::Spool;

/// What a power cut may cost.
const FRAGMENT_MS: u32 = 500;

#[derive(Debug, Error)]
pub enum MuxError {
    #[error("cannot write the clip")]
    Io(#[from] io::Error),
    #[error("the muxer refused a picture: {0}")]
    Mux(FragmentedError),
}

pub struct SegmentFile {
    spool: Spool,
    muxer: FragmentedMuxer,
    has_sound: bool,
    first_ns: u64,
    /// Time of the first picture, and of the first packet of sound, of the fragment being collected.
    picture_start: Option<u64>,
    sound_start: Option<u64>,
}

impl SegmentFile {
    pub fn create(
        path: &Path,
        key: &FilmKey,
        format: &StreamFormat,
        first_ns: u64,
        has_sound: bool,
    ) -> Result<Self, MuxError> {
        let mut config = FragmentConfig::new(format.width.into(), format.height.into(), TIMESCALE)
            .with_fragment_duration_ms(FRAGMENT_MS);
        config.sps = format.sps.clone();
        config.pps = format.pps.clone();
        let muxer = match has_sound {
            false => FragmentedMuxer::new(config),
            true => {
                let (codec, sample_rate, channels) = (AudioCodec::Opus, drift::RATE, 1);
                let sound = FragmentAudioConfig { codec, sample_rate, channels };
                FragmentedMuxer::new_with_audio(config, sound)
            }
        };
        let mut muxer = muxer.map_err(MuxError::Mux)?;
        let mut spool = Spool::create(path, key)?;
        spool.append(&muxer.init_segment())?;
        Ok(Self { spool, muxer, has_sound, first_ns, picture_start: None, sound_start: None })
    }

    /// True when a fragment became durable.
    pub fn append(&mut self, frame: &CodedFrame) -> Result<bool, MuxError> {
        let ticks = fmp4::ticks(frame.stamp.monotonic_ns.saturating_sub(self.first_ns));
        let flushed = self.muxer.ready_to_flush() && self.flush()?;
        self.muxer.write_video(ticks, ticks, &frame.avcc, frame.stamp.is_start).map_err(MuxError::Mux)?;
        self.picture_start.get_or_insert(ticks);
        Ok(flushed)
    }

    /// Sound from before the first picture is left out. True when a fragment became durable.
    pub fn hear(&mut self, sound: &CodedSound) -> Result<bool, MuxError> {
        let Some(after_ns) = sound.monotonic_ns.checked_sub(self.first_ns).filter(|_| self.has_sound) else {
            return Ok(false);
        };
        let at = (u128::from(after_ns) * u128::from(drift::RATE) + 500_000_000) / 1_000_000_000;
        let flushed = self.muxer.ready_to_flush() && self.flush()?;
        self.muxer.write_audio(at as u64, at as u64, &sound.packet).map_err(MuxError::Mux)?;
        self.sound_start.get_or_insert(at as u64);
        Ok(flushed)
    }

    /// Makes what is collected durable. False if there was nothing.
    pub fn flush(&mut self) -> Result<bool, MuxError> {
        let Some(mut segment) = self.muxer.flush_segment() else { return Ok(false) };
        fmp4::set_start(&mut segment, self.picture_start.take(), self.sound_start.take());
        self.spool.append(&segment)?;
        Ok(true)
    }

    pub fn finish(mut self) -> Result<bool, MuxError> {
        self.flush()
    }
}
