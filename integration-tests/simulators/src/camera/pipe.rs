//! The frame pipe: hello once, then frames; all numbers little-endian.

use std::io::{self, Write};

const DEVICE_ID: &str = "sim-camera";
const FORMAT_I420: u8 = 1;

pub fn write_hello(to: &mut impl Write, width: u16, height: u16, fps: u16) -> io::Result<()> {
    let mut hello = b"CHITCAM1".to_vec();
    for number in [width, height, fps, 1] {
        hello.extend(number.to_le_bytes());
    }
    hello.push(FORMAT_I420);
    hello.push(DEVICE_ID.len() as u8);
    hello.extend(DEVICE_ID.as_bytes());
    to.write_all(&hello)?;
    to.flush()
}

/// `captured_ns` is CLOCK_MONOTONIC.
pub fn write_frame(to: &mut impl Write, seq: u32, captured_ns: u64, i420: &[u8]) -> io::Result<()> {
    let mut head = b"FRAM".to_vec();
    head.extend(seq.to_le_bytes());
    head.extend(captured_ns.to_le_bytes());
    head.extend((i420.len() as u32).to_le_bytes());
    to.write_all(&head)?;
    to.write_all(i420)?;
    to.flush()
}
