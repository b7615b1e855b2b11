//! Sound as it goes into a file.

use crate::domain::preroll::Coded;

/// 20 ms of sound.
#[derive(Debug)]
pub struct CodedSound {
    /// CLOCK_MONOTONIC of its first sample.
    pub monotonic_ns: u64,
    /// An Opus packet.
    pub packet: Vec<u8>,
}

impl Coded for CodedSound {
    fn monotonic_ns(&self) -> u64 {
        self.monotonic_ns
    }

    fn is_start(&self) -> bool {
        true
    }

    fn bytes(&self) -> usize {
        self.packet.len()
    }
}
