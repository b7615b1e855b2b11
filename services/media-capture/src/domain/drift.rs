//! A microphone's clock is not the camera's: 200 ppm are 24 ms in two minutes. Samples are laid onto the camera's
//! time by playing them a little faster or slower; the ear hears nothing of 0.1 %, and the lips stay together.

/// Samples a second of what comes out.
pub const RATE: u32 = 48_000;
/// An error is taken back at this share a second: 200 ppm then stand at 4 ms.
const GAIN: f64 = 0.05;
/// No clock is worse than this, and no ear hears it.
const CORRECTION_MAX: f64 = 0.001;
/// Arrival jitters by a buffer of the sound card; the error is smoothed over some thirty of them.
const SMOOTHING: f64 = 0.03;
/// Further off than this and time is missing: the microphone was gone.
const JUMP_NS: f64 = 120_000_000.0;

/// One stretch of sound without a hole.
pub struct Drift {
    /// Samples a second that come in, nominally.
    rate_in: f64,
    base_ns: Option<u64>,
    /// Samples that came out since the base.
    produced: u64,
    /// Where the next sample is taken, between the last one kept and those that come.
    position: f64,
    last: i16,
    error_ns: f64,
}

/// What came out of a piece.
#[derive(Debug, PartialEq)]
pub struct Laid {
    /// True if time was missing: what comes out begins anew at `from_ns`.
    pub is_new: bool,
    /// CLOCK_MONOTONIC of the first sample.
    pub from_ns: u64,
    pub samples: Vec<i16>,
}

impl Drift {
    pub fn new(rate_in: u32) -> Self {
        Self { rate_in: rate_in.into(), base_ns: None, produced: 0, position: 1.0, last: 0, error_ns: 0.0 }
    }

    /// `captured_ns` is when the first of the samples was heard.
    pub fn lay(&mut self, captured_ns: u64, samples: &[i16]) -> Laid {
        let error_ns = captured_ns as f64 - self.out_ns();
        let is_new = self.base_ns.is_none() || error_ns.abs() > JUMP_NS;
        if is_new {
            *self = Self { base_ns: Some(captured_ns), ..Self::new(self.rate_in as u32) };
        } else {
            self.error_ns += (error_ns - self.error_ns) * SMOOTHING;
        }
        let correction = (self.error_ns / 1e9 * GAIN).clamp(-CORRECTION_MAX, CORRECTION_MAX);
        // Late samples mean a slow microphone: each of them must last longer.
        let step = self.rate_in / f64::from(RATE) * (1.0 - correction);
        let from_ns = self.out_ns() as u64;
        let mut out = Vec::with_capacity(samples.len() + 8);
        // Position 0 is the last sample of the piece before, 1 the first of this one.
        while self.position < samples.len() as f64 {
            let at = self.position as usize;
            let left = if at == 0 { self.last } else { samples[at - 1] };
            let share = self.position - at as f64;
            let value = f64::from(left) + (f64::from(samples[at]) - f64::from(left)) * share;
            out.push(value as i16);
            self.position += step;
        }
        self.position -= samples.len() as f64;
        self.last = samples.last().copied().unwrap_or(self.last);
        self.produced += out.len() as u64;
        Laid { is_new, from_ns, samples: out }
    }

    fn out_ns(&self) -> f64 {
        self.base_ns.unwrap_or(0) as f64 + self.produced as f64 * 1e9 / f64::from(RATE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two minutes of a microphone that is off by `ppm`, in pieces of 10 ms that arrive with some jitter.
    /// Returns the greatest distance between sound and time after the first seconds, in milliseconds.
    fn worst_ms(ppm: f64, rate_in: u32) -> f64 {
        let mut drift = Drift::new(rate_in);
        let piece = rate_in as usize / 100;
        let (mut worst, mut out, mut random) = (0f64, 0u64, 1u32);
        for number in 0..12_000u64 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let jitter_ns = f64::from(random >> 16) / 65_536.0 * 8e6;
            let true_ns = 1e9 + number as f64 * 1e7 / (1.0 + ppm / 1e6);
            let laid = drift.lay((true_ns + jitter_ns) as u64, &vec![1000; piece]);
            assert_eq!(laid.is_new, number == 0);
            let sound_ns = 1e9 + out as f64 * 1e9 / f64::from(RATE);
            if number > 500 {
                worst = worst.max((sound_ns - true_ns).abs() / 1e6);
            }
            out += laid.samples.len() as u64;
        }
        worst
    }

    #[test]
    fn a_microphone_that_is_off_by_200_ppm_stays_within_40_ms_for_two_minutes() {
        for ppm in [-200.0, 0.0, 200.0] {
            for rate in [48_000, 44_100, 16_000] {
                let worst = worst_ms(ppm, rate);
                assert!(worst < 15.0, "{ppm} ppm at {rate}: {worst} ms");
            }
        }
    }

    #[test]
    fn missing_time_begins_a_new_stretch_and_jitter_does_not() {
        let mut drift = Drift::new(48_000);
        assert!(drift.lay(1_000_000_000, &[0; 480]).is_new);
        assert!(!drift.lay(1_030_000_000, &[0; 480]).is_new);
        let after = drift.lay(3_000_000_000, &[0; 480]);
        assert_eq!((after.is_new, after.from_ns), (true, 3_000_000_000));
        assert!(after.samples.len() >= 478);
    }

    #[test]
    fn a_tone_keeps_its_shape_when_it_is_laid_anew() {
        let tone: Vec<i16> = (0..4_410)
            .map(|at| (f64::from(at) * 440.0 * std::f64::consts::TAU / 44_100.0).sin() * 8_000.0)
            .map(|value| value as i16)
            .collect();
        let laid = Drift::new(44_100).lay(0, &tone);
        let crossings = laid.samples.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
        assert!((43..=44).contains(&crossings), "{crossings} periods of 44 in 100 ms");
        assert!((4_790..=4_800).contains(&laid.samples.len()));
    }
}
