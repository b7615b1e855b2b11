//! `sim-microphone`: the sound worker of media-capture's sound pipe, in a room where a clock ticks every second.
//!
//! Its own clock is off by so many parts in a million, as a real sound card's is: it hears the tick at the right
//! time and numbers its samples wrongly.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::control;

const RATE: u32 = 48_000;
/// A piece of 10 ms.
const PIECE: usize = 480;
const TICK_SECONDS: f64 = 0.020;
const TICK_HZ: f64 = 1_000.0;
const TICK_LOUD: f64 = 12_000.0;
/// The room's own noise.
const NOISE: f64 = 40.0;
/// Arrival jitters as a sound card's buffers do.
const JITTER_NS: u64 = 4_000_000;

#[derive(Debug, Clone, clap::Parser)]
#[command(name = "sim-microphone", about = "A sound worker that hears a clock tick every second")]
pub struct Options {
    /// How much faster its clock runs than the machine's, parts in a million
    #[arg(long, default_value_t = 0.0, allow_hyphen_values = true)]
    pub ppm: f64,
    /// Unplugged after so many seconds; the next worker begins anew
    #[arg(long)]
    pub lost_after_s: Option<f64>,
    /// Samples the card loses once a second
    #[arg(long, default_value_t = 0)]
    pub xruns_a_second: u32,
}

/// Hears until stdin closes, or ends with 5 as a device that was pulled.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    control::exit_when_stdin_closes();
    let mut out = io::stdout().lock();
    let id = b"sim-microphone";
    let mut hello = b"CHITMIC1".to_vec();
    hello.extend(RATE.to_le_bytes());
    hello.push(id.len() as u8);
    hello.extend(id);
    out.write_all(&hello)?;
    let started_ns = monotonic_ns();
    let sample_ns = 1e9 / (f64::from(RATE) * (1.0 + options.ppm / 1e6));
    let mut random = 1u32;
    for piece in 0u64.. {
        let first = piece * PIECE as u64;
        let heard_until = started_ns + ((first + PIECE as u64) as f64 * sample_ns) as u64;
        if let Some(wait) = heard_until.checked_sub(monotonic_ns()) {
            thread::sleep(Duration::from_nanos(wait));
        }
        let elapsed_s = (heard_until - started_ns) as f64 / 1e9;
        if options.lost_after_s.is_some_and(|lost| elapsed_s > lost) {
            return Ok(ExitCode::from(5));
        }
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let arrived_ns = started_ns + (first as f64 * sample_ns) as u64 + u64::from(random) % JITTER_NS;
        let mut header = b"PCM1".to_vec();
        header.extend(arrived_ns.to_le_bytes());
        header.extend((options.xruns_a_second * elapsed_s as u32).to_le_bytes());
        header.extend((PIECE as u32).to_le_bytes());
        for number in 0..PIECE as u64 {
            let true_s = (started_ns as f64 + (first + number) as f64 * sample_ns) / 1e9;
            header.extend(heard(true_s, &mut random).to_le_bytes());
        }
        if out.write_all(&header).and_then(|()| out.flush()).is_err() {
            return Ok(ExitCode::SUCCESS);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn heard(true_s: f64, random: &mut u32) -> i16 {
    *random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    let noise = (f64::from(*random >> 16) / 32_768.0 - 1.0) * NOISE;
    let after_tick = true_s.fract();
    let tick = if after_tick < TICK_SECONDS {
        (after_tick * TICK_HZ * std::f64::consts::TAU).sin() * TICK_LOUD
    } else {
        0.0
    };
    (tick + noise) as i16
}

fn monotonic_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}
