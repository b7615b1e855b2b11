//! The newest scans, for a reader that comes back.

use std::collections::VecDeque;

use super::scan::Scan;

/// A till scans some 30 goods a minute: half an hour.
pub const SCANS_KEPT_MAX: usize = 1000;

#[derive(Debug, Default)]
pub struct Ring {
    scans: VecDeque<Scan>,
}

impl Ring {
    pub fn push(&mut self, scan: Scan) {
        if self.scans.len() == SCANS_KEPT_MAX {
            self.scans.pop_front();
        }
        self.scans.push_back(scan);
    }

    /// Kept scans with a higher number, oldest first.
    pub fn after(&self, seq: u64) -> Vec<Scan> {
        let first = self.scans.partition_point(|scan| scan.seq <= seq);
        self.scans.range(first..).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::scan::{Code, CodeBytes, Source};
    use jiff::Timestamp;

    fn scan(seq: u64) -> Scan {
        let code = Code { bytes: CodeBytes(vec![b'1']), aim_identifier: String::new() };
        Scan { seq, source: Source::Serial, code, engine: "handheld", time: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn only_the_newest_thousand_are_kept_in_order() {
        let mut ring = Ring::default();
        (1..=1500).for_each(|seq| ring.push(scan(seq)));
        let seqs = |after| ring.after(after).iter().map(|scan| scan.seq).collect::<Vec<_>>();
        assert_eq!(seqs(0), (501..=1500).collect::<Vec<_>>());
        assert_eq!(seqs(1498), [1499, 1500]);
        assert_eq!(seqs(1500), [0; 0]);
        assert_eq!(seqs(u64::MAX), [0; 0]);
    }
}
