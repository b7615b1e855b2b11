//! What a clip says about itself: how many pictures, how many are missing, and where time was lost and why.

/// A camera with a loose plug must not grow the manifest without end; later gaps widen the last one.
pub const GAPS_MAX: usize = 64;
/// A pre-roll may be this much shorter than asked before it is a gap: a frame of the slowest camera.
const PREROLL_SLACK_NS: u64 = 250_000_000;
/// Silence longer than this between two pictures is a gap, whatever the camera's state said.
const SILENCE_NS: u64 = 1_000_000_000;
/// End of a gap after which no picture came.
pub const NEVER: u64 = 0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapReason {
    CameraAbsent,
    CameraLost,
    CameraStalled,
    Privacy,
    Crash,
    Disk,
    /// The pre-roll would have shown the sale before this one.
    PreviousSale,
    /// The disk's budget leaves room for photos only.
    PhotoOnly,
    MicrophoneAbsent,
    MicrophoneLost,
}

impl GapReason {
    /// The word of the manifest.
    pub fn word(self) -> &'static str {
        match self {
            Self::CameraAbsent => "camera_absent",
            Self::CameraLost => "camera_lost",
            Self::CameraStalled => "camera_stalled",
            Self::Privacy => "privacy",
            Self::Crash => "crash",
            Self::Disk => "disk",
            Self::PreviousSale => "previous_sale",
            Self::PhotoOnly => "photo_only",
            Self::MicrophoneAbsent => "microphone_absent",
            Self::MicrophoneLost => "microphone_lost",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    pub from_ns: u64,
    pub to_ns: u64,
    pub reason: GapReason,
    /// In the pre-roll, before the recording was asked for: the film of the sale itself is whole.
    pub before_start: bool,
}

/// The past that a clip was asked to begin with, and why there may be less of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub since_ns: u64,
    pub if_short: GapReason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub monotonic_ns: u64,
    pub seq: u32,
    pub is_start: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Undecodable here: time is missing before it and it is no IDR.
    Skip,
    Append,
    /// Close the fragment first: its timeline does not reach this picture.
    AppendAfterGap,
}

#[derive(Clone, Debug)]
pub struct ClipLog {
    /// When the recording was asked for; a clip without a picture is one gap from here.
    started_ns: u64,
    preroll: Option<Wanted>,
    pub first_ns: Option<u64>,
    last: Option<Stamp>,
    pub frames: u64,
    pub dropped: u64,
    pub gaps: Vec<Gap>,
    open: Option<GapReason>,
}

impl ClipLog {
    pub fn new(started_ns: u64) -> Self {
        Self {
            started_ns,
            preroll: None,
            first_ns: None,
            last: None,
            frames: 0,
            dropped: 0,
            gaps: Vec::new(),
            open: None,
        }
    }

    /// The clip shall begin in the past.
    pub fn wants(&mut self, preroll: Wanted) {
        self.preroll = Some(preroll);
    }

    pub fn last_ns(&self) -> Option<u64> {
        self.last.map(|stamp| stamp.monotonic_ns)
    }

    /// Pictures stop coming. The first reason stands until one comes again; `false`: there was one already.
    pub fn interrupted(&mut self, reason: GapReason) -> bool {
        let is_new = self.open.is_none();
        self.open.get_or_insert(reason);
        is_new
    }

    pub fn place(&mut self, stamp: Stamp) -> Place {
        let silent = self.last.is_some_and(|last| stamp.monotonic_ns > last.monotonic_ns + SILENCE_NS);
        if silent {
            self.interrupted(GapReason::CameraLost);
        }
        let backwards = self.last.is_some_and(|last| stamp.monotonic_ns <= last.monotonic_ns);
        let undecodable = (self.open.is_some() || self.last.is_none()) && !stamp.is_start;
        if backwards || undecodable {
            self.dropped += 1;
            return Place::Skip;
        }
        self.note_short_preroll(stamp.monotonic_ns);
        let after_gap = match self.open.take() {
            Some(reason) => {
                self.record_gap(stamp.monotonic_ns, reason);
                self.last.is_some()
            }
            None => {
                self.dropped += self.missing_before(stamp);
                false
            }
        };
        self.first_ns.get_or_insert(stamp.monotonic_ns);
        self.last = Some(stamp);
        self.frames += 1;
        if after_gap { Place::AppendAfterGap } else { Place::Append }
    }

    /// The clip ends; a gap still open never ended.
    pub fn close(&mut self, now_ns: u64) {
        if self.last.is_some_and(|last| now_ns > last.monotonic_ns + SILENCE_NS) {
            self.interrupted(GapReason::CameraLost);
        }
        self.note_short_preroll(self.started_ns);
        if let Some(reason) = self.open.take() {
            self.record_gap(NEVER, reason);
        }
    }

    /// At the first picture, or at the end of a clip that got none.
    fn note_short_preroll(&mut self, first_ns: u64) {
        let Some(wanted) = self.preroll.take() else { return };
        let to_ns = first_ns.min(self.started_ns);
        if to_ns > wanted.since_ns + PREROLL_SLACK_NS {
            let (from_ns, reason) = (wanted.since_ns, wanted.if_short);
            self.gaps.push(Gap { from_ns, to_ns, reason, before_start: true });
        }
    }

    /// Pictures the camera counted that did not arrive. A worker that restarted counts from 0 again.
    fn missing_before(&self, stamp: Stamp) -> u64 {
        self.last.map_or(0, |last| u64::from(stamp.seq.saturating_sub(last.seq).saturating_sub(1)))
    }

    fn record_gap(&mut self, to_ns: u64, reason: GapReason) {
        let from_ns = self.last_ns().unwrap_or(self.started_ns);
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

    fn stamp(ms: u64, seq: u32, is_start: bool) -> Stamp {
        Stamp { monotonic_ns: ms * MS, seq, is_start }
    }

    fn gap(from_ms: u64, to_ns: u64, reason: GapReason) -> Gap {
        Gap { from_ns: from_ms * MS, to_ns, reason, before_start: false }
    }

    fn wanting(since_ms: u64, started_ms: u64) -> ClipLog {
        let mut log = ClipLog::new(started_ms * MS);
        log.wants(Wanted { since_ns: since_ms * MS, if_short: GapReason::Privacy });
        log
    }

    #[test]
    fn a_preroll_shorter_than_asked_is_a_gap_before_the_start_and_a_slightly_shorter_one_is_not() {
        let mut whole = wanting(1_000, 4_000);
        whole.place(stamp(1_200, 0, true));
        assert!(whole.gaps.is_empty());
        let mut short = wanting(1_000, 4_000);
        short.place(stamp(3_500, 0, true));
        let missing = Gap { before_start: true, ..gap(1_000, 3_500 * MS, GapReason::Privacy) };
        assert_eq!(short.gaps, [missing]);
        let mut none = wanting(1_000, 4_000);
        none.interrupted(GapReason::CameraAbsent);
        none.place(stamp(6_000, 0, true));
        let missing = Gap { to_ns: 4_000 * MS, ..missing };
        assert_eq!(none.gaps, [missing, gap(4_000, 6_000 * MS, GapReason::CameraAbsent)]);
    }

    #[test]
    fn a_preroll_is_short_only_beyond_its_slack_and_ends_where_the_clip_was_asked_for() {
        let slack = PREROLL_SLACK_NS / MS;
        let mut just = wanting(1_000, 9_000);
        just.place(stamp(1_000 + slack, 0, true));
        assert!(just.gaps.is_empty());
        let mut beyond = wanting(1_000, 9_000);
        beyond.place(stamp(1_001 + slack, 0, true));
        assert_eq!(beyond.gaps.len(), 1);
    }

    #[test]
    fn a_picture_from_before_the_last_one_is_dropped() {
        let mut log = ClipLog::new(0);
        log.place(stamp(100, 0, true));
        assert_eq!(log.place(stamp(100, 1, true)), Place::Skip, "the same moment");
        assert_eq!(log.place(stamp(99, 2, true)), Place::Skip);
        assert_eq!((log.frames, log.dropped), (1, 2));
    }

    #[test]
    fn jumps_in_the_sequence_are_counted_as_dropped() {
        let mut log = ClipLog::new(0);
        assert_eq!(log.place(stamp(100, 7, true)), Place::Append);
        assert_eq!(log.place(stamp(166, 8, false)), Place::Append);
        assert_eq!(log.place(stamp(366, 11, false)), Place::Append);
        assert_eq!((log.frames, log.dropped, log.gaps.len()), (3, 2, 0));
        assert_eq!((log.first_ns, log.last_ns()), (Some(100 * MS), Some(366 * MS)));
    }

    #[test]
    fn a_clip_goes_on_across_a_lost_camera_at_the_next_idr() {
        let mut log = ClipLog::new(0);
        log.place(stamp(100, 50, true));
        log.interrupted(GapReason::CameraLost);
        log.interrupted(GapReason::Privacy);
        assert_eq!(log.place(stamp(2_000, 0, false)), Place::Skip);
        assert_eq!(log.place(stamp(2_066, 1, true)), Place::AppendAfterGap);
        let gap = gap(100, 2_066 * MS, GapReason::CameraLost);
        assert_eq!((log.gaps.as_slice(), log.frames, log.dropped), (&[gap][..], 2, 1));
    }

    #[test]
    fn a_silent_camera_leaves_a_gap_even_if_nobody_noticed() {
        let mut log = ClipLog::new(0);
        log.place(stamp(0, 0, true));
        assert_eq!(log.place(stamp(1_000, 1, true)), Place::Append, "a second is no silence yet");
        assert_eq!(log.place(stamp(2_001, 2, true)), Place::AppendAfterGap);
        assert_eq!(log.gaps, [gap(1_000, 2_001 * MS, GapReason::CameraLost)]);
    }

    #[test]
    fn a_clip_whose_last_second_saw_nothing_says_so() {
        let mut log = ClipLog::new(0);
        log.place(stamp(0, 0, true));
        log.close(1_000 * MS);
        assert!(log.gaps.is_empty());
        log.close(1_001 * MS);
        assert_eq!(log.gaps, [gap(0, NEVER, GapReason::CameraLost)]);
    }

    #[test]
    fn a_clip_without_a_picture_is_one_gap() {
        let mut log = ClipLog::new(10 * MS);
        log.interrupted(GapReason::CameraAbsent);
        log.close(20 * MS);
        assert_eq!(log.gaps, [gap(10, NEVER, GapReason::CameraAbsent)]);
        assert_eq!((log.first_ns, log.frames), (None, 0));
    }

    #[test]
    fn a_loose_plug_cannot_grow_the_list_of_gaps_without_end() {
        let mut log = ClipLog::new(0);
        for flap in 0..200 {
            log.interrupted(GapReason::CameraLost);
            log.place(stamp(flap * 100, flap as u32, true));
        }
        assert_eq!(log.gaps.len(), GAPS_MAX);
        assert_eq!(log.gaps[GAPS_MAX - 1].to_ns, 19_900 * MS);
    }
}
