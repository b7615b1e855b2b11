//! The last seconds of encoded video, kept in memory so that a clip can start before it was asked for.

use std::collections::VecDeque;
use std::sync::Arc;

/// About 10 s at 6 Mbit/s: ten times the default rate; beyond it the oldest pictures go first.
const BYTES_MAX: usize = 8 * 1024 * 1024;

/// What the ring needs to know of a picture.
pub trait Coded {
    fn monotonic_ns(&self) -> u64;
    /// An IDR: decoding may start here.
    fn is_start(&self) -> bool;
    fn bytes(&self) -> usize;
}

pub struct PreRoll<F> {
    frames: VecDeque<Arc<F>>,
    bytes: usize,
    keep_ns: u64,
}

impl<F: Coded> PreRoll<F> {
    pub fn new(keep_s: u64) -> Self {
        Self { frames: VecDeque::new(), bytes: 0, keep_ns: keep_s * 1_000_000_000 }
    }

    pub fn push(&mut self, frame: Arc<F>) {
        let oldest = frame.monotonic_ns().saturating_sub(self.keep_ns);
        self.bytes += frame.bytes();
        self.frames.push_back(frame);
        while self
            .second_start()
            .is_some_and(|at| self.frames[at].monotonic_ns() <= oldest || self.bytes > BYTES_MAX)
        {
            self.drop_first_group();
        }
    }

    pub fn clear(&mut self) {
        self.frames.clear();
        self.bytes = 0;
    }

    /// When the oldest picture was taken.
    pub fn first_ns(&self) -> Option<u64> {
        self.frames.front().map(|frame| frame.monotonic_ns())
    }

    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Everything since the newest start at or before `since_ns`, but nothing before `not_before_ns`; if the ring
    /// is younger, all of it.
    pub fn since(&self, since_ns: u64, not_before_ns: u64) -> Vec<Arc<F>> {
        let starts: Vec<usize> = (0..self.frames.len())
            .filter(|at| self.frames[*at].is_start() && self.frames[*at].monotonic_ns() >= not_before_ns)
            .collect();
        let before = starts.iter().rfind(|at| self.frames[**at].monotonic_ns() <= since_ns);
        let wanted = before.or(starts.first()).copied();
        wanted.map(|at| self.frames.range(at..).cloned().collect()).unwrap_or_default()
    }

    fn second_start(&self) -> Option<usize> {
        (1..self.frames.len()).find(|at| self.frames[*at].is_start())
    }

    fn drop_first_group(&mut self) {
        let end = self.second_start().unwrap_or(self.frames.len());
        for frame in self.frames.drain(..end) {
            self.bytes -= frame.bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Picture(u64, bool);

    struct Large(u64);

    impl Coded for Large {
        fn monotonic_ns(&self) -> u64 {
            self.0
        }
        fn is_start(&self) -> bool {
            true
        }
        fn bytes(&self) -> usize {
            BYTES_MAX / 4
        }
    }

    impl Coded for Picture {
        fn monotonic_ns(&self) -> u64 {
            self.0 * 1_000_000_000
        }
        fn is_start(&self) -> bool {
            self.1
        }
        fn bytes(&self) -> usize {
            1000
        }
    }

    /// One picture a second, a start every second one.
    fn ring(seconds: u64) -> PreRoll<Picture> {
        let mut ring = PreRoll::new(10);
        for second in 0..seconds {
            ring.push(Arc::new(Picture(second, second % 2 == 0)));
        }
        ring
    }

    fn first_second(ring: &PreRoll<Picture>, since_s: u64) -> u64 {
        ring.since(since_s * 1_000_000_000, 0)[0].0
    }

    #[test]
    fn a_clip_starts_at_the_newest_start_not_after_the_wanted_time() {
        let ring = ring(9);
        assert_eq!(first_second(&ring, 5), 4);
        assert_eq!(first_second(&ring, 6), 6);
        assert_eq!(ring.since(5_000_000_000, 0).len(), 5);
    }

    #[test]
    fn a_clip_never_begins_before_the_moment_it_must_not_show() {
        let ring = ring(9);
        assert_eq!(ring.since(5_000_000_000, 4_000_000_001)[0].0, 6);
        assert_eq!(ring.since(1_000_000_000, 3_000_000_000)[0].0, 4);
        assert!(ring.since(1_000_000_000, 9_000_000_000).is_empty());
    }

    #[test]
    fn whole_groups_older_than_the_kept_time_go() {
        let ring = ring(31);
        assert_eq!(first_second(&ring, 0), 20);
        assert_eq!(ring.bytes, 11_000);
    }

    #[test]
    fn large_pictures_push_the_oldest_out_however_young_it_is() {
        let mut ring = PreRoll::new(10);
        for at in 0..4 {
            ring.push(Arc::new(Large(at)));
        }
        assert_eq!((ring.first_ns(), ring.bytes), (Some(0), BYTES_MAX));
        ring.push(Arc::new(Large(4)));
        assert_eq!((ring.first_ns(), ring.bytes), (Some(1), BYTES_MAX));
        ring.clear();
        assert_eq!((ring.first_ns(), ring.bytes), (None, 0));
    }

    #[test]
    fn a_young_ring_gives_all_it_has_and_an_erased_one_nothing() {
        let mut ring = ring(3);
        assert_eq!(first_second(&ring, 0), 0);
        ring.clear();
        assert!(ring.since(0, 0).is_empty() && ring.is_empty());
    }
}
