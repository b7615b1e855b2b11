//! Which alphabet a text needs and how many parts. A challenge is always one part.

use super::gsm7;

/// 140 octets of user data: 160 septets or 70 UTF-16 units (23.040 §9.2.3.16).
pub const GSM7_SEPTETS_MAX: usize = 160;
pub const UCS2_UNITS_MAX: usize = 70;
/// The same less the six octets of a concatenation header with an 8-bit reference (23.040 §9.2.3.24.1).
const GSM7_SEPTETS_PART: usize = 153;
const UCS2_UNITS_PART: usize = 67;
/// The longest message; a delivered part is one bit of sixteen.
pub const PARTS_MAX: u8 = 10;

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
    #[error("needs {needed} parts, more than parts_max: shorten it")]
    TooManyParts { needed: usize },
}

/// Code units of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Units {
    Septets(Vec<u8>),
    Utf16(Vec<u16>),
}

/// A text as it will be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextPlan {
    pub encoding: Encoding,
    /// Septets or UTF-16 units of the whole text.
    pub units: usize,
    /// One, or more of at most 153 septets or 67 units.
    pub parts: Vec<Units>,
}

impl TextPlan {
    pub fn of(text: &str, parts_max: u8) -> Result<Self, TextError> {
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\r') {
            return Err(TextError::Control);
        }
        let plan = match gsm7::encode(text) {
            Some(septets) => Self::of_septets(&septets),
            None => Self::of_utf16(&text.encode_utf16().collect::<Vec<u16>>()),
        };
        let needed = plan.parts.len();
        match (needed <= usize::from(parts_max.max(1)), parts_max.max(1), plan.encoding) {
            (true, ..) => Ok(plan),
            (false, 1, Encoding::Gsm7) => Err(TextError::TooLongGsm7 { needed: plan.units }),
            (false, 1, Encoding::Ucs2) => Err(TextError::TooLongUcs2 { needed: plan.units }),
            (false, ..) => Err(TextError::TooManyParts { needed }),
        }
    }

    fn of_septets(septets: &[u8]) -> Self {
        let pieces = split(septets, GSM7_SEPTETS_MAX, GSM7_SEPTETS_PART, |last| last == gsm7::ESCAPE);
        let parts = pieces.into_iter().map(Units::Septets).collect();
        Self { encoding: Encoding::Gsm7, units: septets.len(), parts }
    }

    fn of_utf16(units: &[u16]) -> Self {
        let is_high_surrogate = |last| (0xD800..0xDC00).contains(&last);
        let pieces = split(units, UCS2_UNITS_MAX, UCS2_UNITS_PART, is_high_surrogate);
        let parts = pieces.into_iter().map(Units::Utf16).collect();
        Self { encoding: Encoding::Ucs2, units: units.len(), parts }
    }
}

/// Never cuts behind a unit that `binds` the next one: an escape, or the first half of a surrogate pair.
fn split<T: Copy>(units: &[T], single: usize, piece: usize, binds: impl Fn(T) -> bool) -> Vec<Vec<T>> {
    if units.len() <= single {
        return vec![units.to_vec()];
    }
    let (mut rest, mut pieces) = (units, Vec::new());
    while rest.len() > piece {
        let cut = if binds(rest[piece - 1]) { piece - 1 } else { piece };
        let (head, tail) = rest.split_at(cut);
        pieces.push(head.to_vec());
        rest = tail;
    }
    pieces.push(rest.to_vec());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(text: &str) -> Result<TextPlan, TextError> {
        TextPlan::of(text, 1)
    }

    #[test]
    fn the_longest_texts_of_one_part_are_accepted_and_one_more_is_refused() {
        assert_eq!(one(&"a".repeat(160)).unwrap().units, 160);
        assert_eq!(one(&"a".repeat(161)), Err(TextError::TooLongGsm7 { needed: 161 }));
        assert_eq!(one(&"€".repeat(81)), Err(TextError::TooLongGsm7 { needed: 162 }));
        assert_eq!(one(&"付".repeat(70)).unwrap().encoding, Encoding::Ucs2);
        assert_eq!(one(&"付".repeat(71)), Err(TextError::TooLongUcs2 { needed: 71 }));
        assert_eq!(one(&"😀".repeat(36)), Err(TextError::TooLongUcs2 { needed: 72 }));
    }

    #[test]
    fn empty_texts_and_control_characters_are_refused() {
        assert_eq!(one(""), Err(TextError::Empty));
        assert_eq!(one("a\u{1a}b"), Err(TextError::Control));
        assert!(one("a\nb").is_ok());
    }

    #[test]
    fn a_long_text_is_cut_before_an_escape_and_before_a_surrogate_pair() {
        let escape = format!("{}€{}", "a".repeat(152), "b".repeat(20));
        let plan = TextPlan::of(&escape, 2).unwrap();
        let Units::Septets(first) = &plan.parts[0] else { panic!("GSM-7") };
        assert_eq!(first.len(), 152);
        let emoji = format!("{}😀{}", "付".repeat(66), "款".repeat(20));
        let plan = TextPlan::of(&emoji, 2).unwrap();
        let Units::Utf16(first) = &plan.parts[0] else { panic!("UCS-2") };
        assert_eq!(first.len(), 66);
        assert_eq!(TextPlan::of(&"a".repeat(500), 3), Err(TextError::TooManyParts { needed: 4 }));
    }

    proptest! {
        #[test]
        fn the_parts_of_any_text_are_the_text_and_each_reads_alone(text in "[a付€😀{]{1,400}") {
            let plan = TextPlan::of(&text, u8::MAX).unwrap();
            let read: String = plan.parts.iter().map(|part| match part {
                Units::Septets(septets) => gsm7::decode(septets),
                Units::Utf16(units) => String::from_utf16(units).unwrap(),
            }).collect();
            prop_assert_eq!(read, text);
        }
    }
}
