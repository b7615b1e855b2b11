//! `sound-worker play`: 16-bit mono at 48 kHz from stdin to the speaker, then gone.

use std::io::Read;
use std::sync::mpsc::channel;
use std::time::Duration;

use cpal::StreamConfig;
use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};

use crate::device::sound::is_real;
use crate::domain::drift::RATE;

/// A minute of sound; more is no announcement.
const BYTES_MAX: u64 = RATE as u64 * 2 * 60;
/// What a card may buffer beyond what it has asked for.
const TAIL: Duration = Duration::from_millis(300);

pub fn play(name: Option<&str>) -> Result<(), String> {
    let mut bytes = Vec::new();
    std::io::stdin().take(BYTES_MAX).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    let samples: Vec<i16> =
        bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    let mut devices = cpal::default_host().output_devices().map_err(|error| error.to_string())?;
    let fits = |device: &cpal::Device| {
        is_real(device) && name.is_none_or(|name| device.id().is_ok_and(|id| id.to_string().contains(name)))
    };
    let device = devices.find(fits).ok_or("no such device")?;
    let default = device.default_output_config().map_err(|error| error.to_string())?;
    let channels = usize::from(default.channels()).max(1);
    let config = StreamConfig { sample_rate: RATE, ..default.into() };
    let length = Duration::from_millis(samples.len() as u64 * 1000 / u64::from(RATE));
    let (done, ended) = channel();
    let mut left = samples.into_iter();
    let stream = device
        .build_output_stream(
            config,
            move |out: &mut [i16], _: &_| {
                for frame in out.chunks_mut(channels) {
                    let next = left.next();
                    if next.is_none() {
                        // Told at every buffer from now on; the first one counts.
                        let _ = done.send(());
                    }
                    frame.fill(next.unwrap_or(0));
                }
            },
            |error| eprintln!("sound-worker: {error}"),
            None,
        )
        .map_err(|error| error.to_string())?;
    stream.play().map_err(|error| error.to_string())?;
    // A card that stands still must not keep us.
    let _ = ended.recv_timeout(length + Duration::from_secs(5));
    std::thread::sleep(TAIL);
    Ok(())
}
