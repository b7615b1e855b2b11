//! Coded pictures to a fragmented MP4 file in which every half second is durable by itself.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use muxide::fragmented::{FragmentConfig, FragmentedError, FragmentedMuxer};
use thiserror::Error;

use super::encoder::{CodedFrame, StreamFormat};
use crate::domain::fmp4::{self, TIMESCALE};

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
    file: File,
    muxer: FragmentedMuxer,
    first_ns: u64,
    /// Time of the first picture of the fragment being collected.
    fragment_start: Option<u64>,
}

impl SegmentFile {
    pub fn create(path: &Path, format: &StreamFormat, first_ns: u64) -> Result<Self, MuxError> {
        let mut config = FragmentConfig::new(format.width.into(), format.height.into(), TIMESCALE)
            .with_fragment_duration_ms(FRAGMENT_MS);
        config.sps = format.sps.clone();
        config.pps = format.pps.clone();
        let mut muxer = FragmentedMuxer::new(config).map_err(MuxError::Mux)?;
        let mut file = File::options().write(true).create_new(true).open(path)?;
        file.write_all(&muxer.init_segment())?;
        file.sync_data()?;
        if let Some(folder) = path.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(Self { file, muxer, first_ns, fragment_start: None })
    }

    /// True when a fragment became durable.
    pub fn append(&mut self, frame: &CodedFrame) -> Result<bool, MuxError> {
        let ticks = fmp4::ticks(frame.stamp.monotonic_ns.saturating_sub(self.first_ns));
        let flushed = self.muxer.ready_to_flush() && self.flush()?;
        self.muxer.write_video(ticks, ticks, &frame.avcc, frame.stamp.is_start).map_err(MuxError::Mux)?;
        self.fragment_start.get_or_insert(ticks);
        Ok(flushed)
    }

    /// Makes what is collected durable. False if there was nothing.
    pub fn flush(&mut self) -> Result<bool, MuxError> {
        let Some(mut segment) = self.muxer.flush_segment() else { return Ok(false) };
        if let Some(start) = self.fragment_start.take() {
            fmp4::set_start(&mut segment, start);
        }
        self.file.write_all(&segment)?;
        self.file.sync_data()?;
        Ok(true)
    }

    pub fn finish(mut self) -> Result<bool, MuxError> {
        let flushed = self.flush()?;
        self.file.sync_all()?;
        Ok(flushed)
    }
}
