//! What the printer says of itself, gathered from its answers.
//!
//! Bits are those of Epson's ESC/POS reference, `DLE EOT` and `GS a` (automatic status back, "ASB").

/// Fit to print, or the one thing a person has to mend (UnifiedPOS terms).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    Ready,
    /// No connection, or nothing that answers.
    Offline,
    PaperOut,
    CoverOpen,
    CutterError,
    /// The print head cools down by itself.
    Overheated,
    Error,
}

/// Which of the four real-time statuses `DLE EOT n` asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    Printer,
    OfflineCause,
    ErrorCause,
    Paper,
}

/// One round of questions: together they tell all a receipt needs.
pub const ROUND: [Question; 4] =
    [Question::Printer, Question::OfflineCause, Question::ErrorCause, Question::Paper];

impl Question {
    /// `DLE EOT n`, obeyed even while the printer is offline or busy.
    pub fn bytes(self) -> [u8; 3] {
        let n = match self {
            Self::Printer => 1,
            Self::OfflineCause => 2,
            Self::ErrorCause => 3,
            Self::Paper => 4,
        };
        [0x10, 0x04, n]
    }
}

/// Everything known since the link came up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    offline: bool,
    cover_open: bool,
    paper_out: bool,
    cutter_error: bool,
    overheated: bool,
    other_error: bool,
    pub paper_near_end: bool,
    /// Level of the drawer's signal.
    pub drawer_high: bool,
    /// Some models set the near-end bit while there is plenty of paper.
    pub near_end_inverted: bool,
}

const fn bit(byte: u8, mask: u8) -> bool {
    byte & mask != 0
}

impl Seen {
    /// Nothing yet, of a printer of this polarity.
    pub fn of(near_end_inverted: bool) -> Self {
        Self { near_end_inverted, ..Self::default() }
    }

    /// The answer to `DLE EOT n`.
    pub fn answer(&mut self, question: Question, byte: u8) {
        match question {
            Question::Printer => {
                self.offline = bit(byte, 0x08);
                self.drawer_high = bit(byte, 0x04);
            }
            Question::OfflineCause => {
                self.cover_open = bit(byte, 0x04);
                self.paper_out |= bit(byte, 0x20);
            }
            Question::ErrorCause => {
                self.cutter_error = bit(byte, 0x08);
                self.overheated = bit(byte, 0x40);
                self.other_error = bit(byte, 0x24);
            }
            Question::Paper => {
                self.paper_near_end = bit(byte, 0x0c) != self.near_end_inverted;
                self.paper_out = bit(byte, 0x60);
            }
        }
    }

    /// Four bytes of automatic status back.
    pub fn automatic(&mut self, status: [u8; 4]) {
        self.offline = bit(status[0], 0x08);
        self.cover_open = bit(status[0], 0x20);
        self.drawer_high = bit(status[0], 0x04);
        self.cutter_error = bit(status[1], 0x08);
        self.overheated = bit(status[1], 0x40);
        self.other_error = bit(status[1], 0x24);
        self.paper_near_end = bit(status[2], 0x03) != self.near_end_inverted;
        self.paper_out = bit(status[2], 0x0c);
    }

    /// The cover comes first: it is open while the paper is being changed.
    pub fn condition(&self) -> Condition {
        match self {
            Self { cover_open: true, .. } => Condition::CoverOpen,
            Self { paper_out: true, .. } => Condition::PaperOut,
            Self { cutter_error: true, .. } => Condition::CutterError,
            Self { overheated: true, .. } => Condition::Overheated,
            Self { other_error: true, .. } | Self { offline: true, .. } => Condition::Error,
            _ => Condition::Ready,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn automatic_status_tells_near_end_paper_out_and_cover() {
        let mut seen = Seen::default();
        let mut tell = |status| {
            seen.automatic(status);
            (seen.condition(), seen.paper_near_end)
        };
        assert_eq!(tell([0x14, 0, 0, 0]), (Condition::Ready, false));
        assert_eq!(tell([0x14, 0, 0x03, 0]), (Condition::Ready, true));
        assert_eq!(tell([0x1c, 0, 0x0f, 0]), (Condition::PaperOut, true));
        assert_eq!(tell([0x3c, 0, 0x0f, 0]), (Condition::CoverOpen, true));
        assert_eq!(tell([0x1c, 0x08, 0, 0]), (Condition::CutterError, false));
        assert_eq!(tell([0x1c, 0x20, 0, 0]), (Condition::Error, false));
        assert_eq!(tell([0x1c, 0x40, 0, 0]), (Condition::Overheated, false));
        assert_eq!(tell([0x14, 0, 0, 0]), (Condition::Ready, false));
    }

    #[test]
    fn a_round_of_questions_tells_the_same() {
        let mut seen = Seen::default();
        seen.answer(Question::Paper, 0x7e);
        assert_eq!(seen.condition(), Condition::PaperOut);
        seen.answer(Question::OfflineCause, 0x16);
        assert_eq!(seen.condition(), Condition::CoverOpen);
        seen.answer(Question::OfflineCause, 0x12);
        seen.answer(Question::Paper, 0x12);
        assert_eq!(seen.condition(), Condition::Ready);
        seen.answer(Question::Printer, 0x1a);
        assert_eq!(seen.condition(), Condition::Error);
    }

    #[test]
    fn a_model_with_the_near_end_bit_the_other_way_round_is_understood() {
        let mut seen = Seen::of(true);
        seen.answer(Question::Paper, 0x1e);
        assert!(!seen.paper_near_end);
        seen.automatic([0x14, 0, 0, 0]);
        assert!(seen.paper_near_end);
        assert_eq!(seen.condition(), Condition::Ready);
    }
}
