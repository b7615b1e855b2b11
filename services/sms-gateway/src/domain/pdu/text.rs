//! Which alphabet a text needs and whether it fits one part. A challenge is always one part.

use super::gsm7;

/// 140 octets of user data: 160 septets or 70 UTF-16 units (23.040 §9.2.3.16).
pub const GSM7_SEPTETS_MAX: usize = 160;
pub const UCS2_UNITS_MAX: usize = 70;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Gsm7,
    Ucs2,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("must not be empty")]
    Empty,
    #[error("must not contain control characters other than line breaks")]
    Control,
    #[error("needs {needed} septets of the GSM alphabet; one SMS holds 160: shorten it")]
    TooLongGsm7 { needed: usize },
    #[error(
        "needs {needed} UCS-2 units; one SMS holds 70 (160 if every character is in the GSM alphabet): shorten it"
    )]
    TooLongUcs2 { needed: usize },
}

/// A text that fits one part, with its code units.
#[derive(Clone, PartialEq, Eq)]
pub struct TextPlan {
    pub encoding: Encoding,
    /// Septets or UTF-16 units used, of 160 or 70.
    pub units: usize,
}

impl TextPlan {
    pub fn of(text: &str) -> Result<Self, TextError> {
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\r') {
            return Err(TextError::Control);
        }
        if let Some(septets) = gsm7::encode(text) {
            let units = septets.len();
            return if units <= GSM7_SEPTETS_MAX {
                Ok(Self { encoding: Encoding::Gsm7, units })
            } else {
                Err(TextError::TooLongGsm7 { needed: units })
            };
        }
        let units = text.encode_utf16().count();
        if units <= UCS2_UNITS_MAX {
            Ok(Self { encoding: Encoding::Ucs2, units })
        } else {
            Err(TextError::TooLongUcs2 { needed: units })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_texts_of_one_part_are_accepted_and_one_more_is_refused() {
        assert_eq!(TextPlan::of(&"a".repeat(160)).unwrap().units, 160);
        assert!(matches!(TextPlan::of(&"a".repeat(161)), Err(TextError::TooLongGsm7 { needed: 161 })));
        assert!(matches!(TextPlan::of(&"€".repeat(81)), Err(TextError::TooLongGsm7 { needed: 162 })));
        assert_eq!(TextPlan::of(&"付".repeat(70)).unwrap().encoding, Encoding::Ucs2);
        assert!(matches!(TextPlan::of(&"付".repeat(71)), Err(TextError::TooLongUcs2 { needed: 71 })));
        assert!(matches!(TextPlan::of(&"😀".repeat(36)), Err(TextError::TooLongUcs2 { needed: 72 })));
    }

    #[test]
    fn empty_texts_and_control_characters_are_refused() {
        assert!(matches!(TextPlan::of(""), Err(TextError::Empty)));
        assert!(matches!(TextPlan::of("a\u{1a}b"), Err(TextError::Control)));
        assert!(TextPlan::of("a\nb").is_ok());
    }
}
