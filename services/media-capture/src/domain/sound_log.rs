//! What a clip's sound says about itself: where it is missing and why.

use super::clip::{GAPS_MAX, Gap, GapReason, NEVER};

/// Silence of the wire longer than this is a gap; packets come every 20 ms.
const SILENCE_NS: u64 = 500_000_000;

#[derive(Clone, Debug)]
pub struct SoundLog {
    started_ns: u64,
    last_ns: Option<u64>,
    open: Option<GapReason>,
    gaps: Vec<Gap>,
}

impl SoundLog {
    pub fn new(started_ns: u64) -> Self {
        Self { started_ns, last_ns: None, open: None, gaps: Vec::new() }
    }

    /// False while the microphone is gone.
    pub fn flows(&self) -> bool {
        self.open.is_none()
    }

    pub fn interrupted(&mut self, reason: GapReason) {
        self.open.get_or_insert(reason);
    }

    pub fn heard(&mut self, at_ns: u64) {
        if self.last_ns.is_some_and(|last| at_ns > last + SILENCE_NS) {
            self.interrupted(GapReason::MicrophoneLost);
        }
        if let Some(reason) = self.open.take() {
            self.record(at_ns, reason);
        }
        self.last_ns = Some(at_ns);
    }

    /// Where sound is missing, now that the clip ends.
    pub fn close(mut self, now_ns: u64) -> Vec<Gap> {
        match self.last_ns {
            None => self.interrupted(GapReason::MicrophoneAbsent),
            Some(last) if now_ns > last + 2 * SILENCE_NS => self.interrupted(GapReason::MicrophoneLost),
            Some(_) => {}
        }
        if let Some(reason) = self.open.take() {
            self.record(NEVER, reason);
        }
        self.gaps
    }

    fn record(&mut self, to_ns: u64, reason: GapReason) {
        let from_ns = self.last_ns.unwrap_or(self.started_ns);
        let full = self.gaps.len() == GAPS_MAX;
        match self.gaps.last_mut() {
            Some(last) if full => last.to_ns = to_ns,
            _ => self.gaps.push(Gap { from_ns, to_ns, reason, before_start: false }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn a_microphone_that_goes_and_comes_leaves_a_gap() {
        let mut log = SoundLog::new(0);
        log.heard(20 * MS);
        log.interrupted(GapReason::MicrophoneLost);
        assert!(!log.flows());
        log.heard(3_000 * MS);
        let (from_ns, to_ns, reason) = (20 * MS, 3_000 * MS, GapReason::MicrophoneLost);
        let gaps = log.close(3_010 * MS);
        assert_eq!(gaps, [Gap { from_ns, to_ns, reason, before_start: false }]);
    }

    #[test]
    fn a_clip_without_a_packet_says_that_there_was_no_microphone() {
        let gaps = SoundLog::new(5).close(9);
        assert_eq!((gaps[0].reason, gaps[0].from_ns, gaps[0].to_ns), (GapReason::MicrophoneAbsent, 5, NEVER));
    }

    #[test]
    fn silence_that_nobody_reported_is_a_gap_too() {
        let mut log = SoundLog::new(0);
        log.heard(0);
        log.heard(500 * MS);
        log.heard(1_001 * MS);
        let gaps = log.close(2_001 * MS);
        assert_eq!(gaps.len(), 1, "half a second is no gap yet, and neither is a second at the end");
        assert_eq!((gaps[0].from_ns, gaps[0].to_ns), (500 * MS, 1_001 * MS));
        let mut fell_silent = SoundLog::new(0);
        fell_silent.heard(0);
        assert_eq!(fell_silent.clone().close(1_000 * MS), []);
        assert_eq!(fell_silent.close(1_001 * MS)[0].reason, GapReason::MicrophoneLost);
    }

    #[test]
    fn a_loose_plug_cannot_grow_the_list_of_gaps_without_end() {
        let mut log = SoundLog::new(0);
        for flap in 0..200 {
            log.interrupted(GapReason::MicrophoneLost);
            log.heard(flap * MS);
        }
        let gaps = log.close(200 * MS);
        assert_eq!((gaps.len(), gaps[GAPS_MAX - 1].to_ns), (GAPS_MAX, 199 * MS));
    }
}
