//! What a device puts behind its codes.

use std::time::Duration;

use serde::Deserialize;

use super::{GAP_SILENT, GAP_SUFFIX, GAP_UNKNOWN};

/// How a code ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Cr,
    Lf,
    CrLf,
    Tab,
    Eot,
    /// STX … ETX.
    Frame,
    Silence,
}

impl End {
    pub fn of(line: &[u8]) -> Self {
        match line {
            [2, .., 3] | [2, .., 3, b'\r' | b'\n'] | [2, .., 3, b'\r', b'\n'] => Self::Frame,
            [.., b'\r', b'\n'] => Self::CrLf,
            [.., b'\r'] => Self::Cr,
            [.., b'\n'] => Self::Lf,
            [.., b'\t'] => Self::Tab,
            [.., 4] => Self::Eot,
            _ => Self::Silence,
        }
    }

    pub fn is_suffix_of(self, line: &[u8]) -> bool {
        // The CR of a CR LF may be all that has come yet.
        self != Self::Silence && (Self::of(line) == self || self == Self::CrLf && Self::of(line) == Self::Cr)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Cr => "CR",
            Self::Lf => "LF",
            Self::CrLf => "CR LF",
            Self::Tab => "TAB",
            Self::Eot => "EOT",
            Self::Frame => "STX ETX",
            Self::Silence => "none",
        }
    }
}

/// `suffix` of chit.toml.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Suffix {
    #[default]
    Auto,
    Cr,
    Lf,
    CrLf,
    Tab,
    Eot,
    Frame,
    None,
}

/// What was learnt, or told. Two codes in a row that end otherwise unlearn it; after the first, nothing is believed.
#[derive(Debug)]
pub struct Ending {
    setting: Suffix,
    learnt: Option<End>,
    against: u8,
}

const AGAINST_MAX: u8 = 2;

impl Ending {
    pub fn new(setting: Suffix) -> Self {
        let learnt = match setting {
            Suffix::Auto => None,
            Suffix::Cr => Some(End::Cr),
            Suffix::Lf => Some(End::Lf),
            Suffix::CrLf => Some(End::CrLf),
            Suffix::Tab => Some(End::Tab),
            Suffix::Eot => Some(End::Eot),
            Suffix::Frame => Some(End::Frame),
            Suffix::None => Some(End::Silence),
        };
        Self { setting, learnt, against: 0 }
    }

    pub fn setting(&self) -> Suffix {
        self.setting
    }

    pub fn learnt(&self) -> Option<End> {
        self.learnt.filter(|_| self.against == 0)
    }

    pub fn observe(&mut self, end: End) {
        if self.setting != Suffix::Auto {
            return;
        }
        match self.learnt {
            Some(learnt) if learnt == end => self.against = 0,
            Some(_) if self.against + 1 < AGAINST_MAX => self.against += 1,
            _ => (self.learnt, self.against) = (Some(end), 0),
        }
    }

    /// How long silence must last to end a code without suffix.
    pub fn patience(&self) -> Duration {
        match self.learnt() {
            None => GAP_UNKNOWN,
            Some(End::Silence) => GAP_SILENT,
            Some(_) => GAP_SUFFIX,
        }
    }
}
