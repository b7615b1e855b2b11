//! Why something that a device sent is no scan.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    TooLong,
    NotText,
    CutOff,
    CheckDigit,
    KeysLost,
    KeysUnknown,
    Disabled,
}

impl Refusal {
    pub fn reason(self) -> &'static str {
        match self {
            Self::TooLong => "CODE_TOO_LONG",
            Self::NotText => "CODE_NOT_TEXT",
            Self::CutOff => "CODE_CUT_OFF",
            Self::CheckDigit => "CHECK_DIGIT_WRONG",
            Self::KeysLost => "KEYS_LOST",
            Self::KeysUnknown => "KEYS_UNKNOWN",
            Self::Disabled => "SCANNER_DISABLED",
        }
    }

    /// What happened and what to do, for the person at the till.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::TooLong => {
                "the scanner sent more than 4,096 bytes without an end; check its suffix and speed"
            }
            Self::NotText => {
                "the scanner sent bytes that are no text; compare `baud` and `charset` in [scanner] with the scanner's settings"
            }
            Self::CutOff => "the scanner was unplugged in the middle of a code; scan it again",
            Self::CheckDigit => "the code was misread, its check digit is wrong; scan it again",
            Self::KeysLost => "keys of the scanner were lost; scan it again",
            Self::KeysUnknown => {
                "the scanner typed keys that its layout does not have; set `layout` in [scanner] to what the scanner is set to"
            }
            Self::Disabled => "the scanner is disabled; nothing was taken",
        }
    }
}
