//! The newest events, for a reader that comes back.

use std::collections::VecDeque;

use super::scan::{Event, What};

/// A till scans some 30 goods a minute: half an hour.
pub const EVENTS_KEPT_MAX: usize = 1000;

#[derive(Debug, Default)]
pub struct Ring {
    events: VecDeque<Event>,
}

impl Ring {
    pub fn push(&mut self, event: Event) {
        if self.events.len() == EVENTS_KEPT_MAX {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// Kept events with a higher number, oldest first, as far as the holder of `claim` may see them.
    pub fn after(&self, seq: u64, claim: u64) -> Vec<Event> {
        let first = self.events.partition_point(|event| event.seq <= seq);
        let visible = |event: &&Event| event.claim == 0 || event.claim == claim;
        self.events.range(first..).filter(visible).cloned().collect()
    }

    pub fn last_scan(&self, claim: u64) -> Option<Event> {
        let visible = |event: &&Event| {
            matches!(event.what, What::Scan(_)) && (event.claim == 0 || event.claim == claim)
        };
        self.events.iter().rev().find(visible).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::refusal::Refusal;
    use super::super::scan::Source;
    use super::*;
    use jiff::Timestamp;

    fn event(seq: u64, claim: u64) -> Event {
        let what = What::Refused(Refusal::NotText);
        Event { seq, source: Source::Serial, device: "x".into(), time: Timestamp::UNIX_EPOCH, what, claim }
    }

    #[test]
    fn only_the_newest_thousand_are_kept_in_order() {
        let mut ring = Ring::default();
        (1..=1500).for_each(|seq| ring.push(event(seq, 0)));
        let seqs = |after| ring.after(after, 0).iter().map(|event| event.seq).collect::<Vec<_>>();
        assert_eq!(seqs(0), (501..=1500).collect::<Vec<_>>());
        assert_eq!(seqs(1498), [1499, 1500]);
        assert_eq!(seqs(1500), [0; 0]);
        assert_eq!(seqs(u64::MAX), [0; 0]);
    }

    #[test]
    fn what_was_claimed_is_for_the_claimant_only() {
        let mut ring = Ring::default();
        [event(1, 0), event(2, 7), event(3, 8)].into_iter().for_each(|event| ring.push(event));
        let seqs = |claim| ring.after(0, claim).iter().map(|event| event.seq).collect::<Vec<_>>();
        assert_eq!((seqs(0), seqs(7), seqs(8)), (vec![1], vec![1, 2], vec![1, 3]));
        assert_eq!(ring.last_scan(0), None, "refusals are no scans");
    }
}
