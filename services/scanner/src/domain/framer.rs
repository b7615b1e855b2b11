//! Bytes of a serial line → codes. A code ends with CR, LF or CR LF, or with a pause of the line: handhelds are
//! delivered with one or the other, and a shop cannot be asked to know which.

use std::time::Duration;

use super::scan::{CODE_LEN_MAX, Code, CodeBytes};

/// Longer than any pause inside a code (a byte takes 1 ms at 9,600 Bd; USB adds 16 ms), shorter than a hand.
const GAP: Duration = Duration::from_millis(50);
/// A device that has sent a suffix sends one always: then a pause is a busy machine, and only a long one ends a code.
const GAP_WITH_SUFFIX: Duration = Duration::from_millis(500);
/// GS1 separates fields with GS (GS1 General Specifications 7.8), ISO/IEC 15434 with RS.
const SEPARATORS: [u8; 2] = [0x1d, 0x1e];

#[derive(Debug, PartialEq, Eq)]
pub enum Framed {
    Code(Code),
    /// Too long, or nothing a bar code says. It is counted and goes no further.
    Garbage,
}

#[derive(Debug, Default)]
pub struct Framer {
    line: Vec<u8>,
    /// The line is longer than a code may be: the rest of it is thrown away.
    overflown: bool,
    suffix_seen: bool,
}

impl Framer {
    /// How long the line must be silent until `gap` is called; `None` while nothing waits for an end.
    pub fn patience(&self) -> Option<Duration> {
        let waits = !self.line.is_empty() || self.overflown;
        waits.then_some(if self.suffix_seen { GAP_WITH_SUFFIX } else { GAP })
    }

    pub fn push(&mut self, bytes: &[u8]) -> Vec<Framed> {
        let mut framed = Vec::new();
        for &byte in bytes {
            if matches!(byte, b'\r' | b'\n') {
                self.suffix_seen = true;
                framed.extend(self.end());
            } else if self.line.len() == CODE_LEN_MAX || self.overflown {
                self.overflown = true;
                self.line.clear();
            } else {
                self.line.push(byte);
            }
        }
        framed
    }

    /// The line was silent for `patience`.
    pub fn gap(&mut self) -> Option<Framed> {
        self.end()
    }

    /// The device is gone: half a code is none.
    pub fn cut(&mut self) -> Option<Framed> {
        let framed = self.end().map(|_half| Framed::Garbage);
        self.suffix_seen = false;
        framed
    }

    fn end(&mut self) -> Option<Framed> {
        let line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.overflown) {
            return Some(Framed::Garbage);
        }
        // Between CR and LF.
        if line.is_empty() {
            return None;
        }
        let (aim_identifier, data) = split_aim(&line);
        if data.is_empty() || !is_text(data) {
            return Some(Framed::Garbage);
        }
        Some(Framed::Code(Code { bytes: CodeBytes(data.to_vec()), aim_identifier }))
    }
}

/// "]" + letter of the symbology + modifier (ISO/IEC 15424).
fn split_aim(line: &[u8]) -> (String, &[u8]) {
    match line {
        [b']', symbology, modifier, data @ ..]
            if symbology.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric() =>
        {
            (format!("]{}{}", char::from(*symbology), char::from(*modifier)), data)
        }
        _ => (String::new(), line),
    }
}

/// A wrong speed makes control characters and bytes that are no UTF-8; what was printed as a code has neither.
fn is_text(data: &[u8]) -> bool {
    let is_control = |byte: &u8| byte.is_ascii_control() && !SEPARATORS.contains(byte);
    !data.iter().any(is_control) && std::str::from_utf8(data).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(aim: &str, data: &[u8]) -> Framed {
        Framed::Code(Code { bytes: CodeBytes(data.to_vec()), aim_identifier: aim.to_owned() })
    }

    #[test]
    fn cr_lf_and_crlf_end_a_code() {
        let mut framer = Framer::default();
        let framed = framer.push(b"111\r222\n333\r\n444");
        assert_eq!(framed, [code("", b"111"), code("", b"222"), code("", b"333")]);
        assert_eq!(framer.gap(), Some(code("", b"444")));
        assert_eq!(framer.gap(), None);
    }

    #[test]
    fn a_device_without_suffix_is_framed_by_silence() {
        let mut framer = Framer::default();
        assert_eq!(framer.patience(), None);
        assert_eq!(framer.push(b"6901234567892"), []);
        assert_eq!(framer.patience(), Some(GAP));
        assert_eq!(framer.gap(), Some(code("", b"6901234567892")));
    }

    #[test]
    fn a_device_with_suffix_is_given_more_time() {
        let mut framer = Framer::default();
        framer.push(b"1\r2");
        assert_eq!(framer.patience(), Some(GAP_WITH_SUFFIX));
    }

    #[test]
    fn the_aim_identifier_is_split_off_and_alone_is_garbage() {
        let mut framer = Framer::default();
        let framed = framer.push(b"]Q1123\r]E0690\r]Q1\r]x\r");
        assert_eq!(framed, [code("]Q1", b"123"), code("]E0", b"690"), Framed::Garbage, code("", b"]x")]);
    }

    #[test]
    fn control_characters_and_broken_text_are_garbage_but_gs1_separators_are_not() {
        let mut framer = Framer::default();
        let framed = framer.push(b"\x00\x80\xff\r12\x0734\r\xe4\xb8\xad\r\xff\xfe\r01069\x1d10AB\r");
        let expected = [
            Framed::Garbage,
            Framed::Garbage,
            code("", "中".as_bytes()),
            Framed::Garbage,
            code("", b"01069\x1d10AB"),
        ];
        assert_eq!(framed, expected);
    }

    #[test]
    fn an_endless_line_is_one_piece_of_garbage_and_the_next_code_is_read() {
        let mut framer = Framer::default();
        assert_eq!(framer.push(&[b'7'; 100_000]), []);
        assert_eq!(framer.patience(), Some(GAP));
        assert_eq!(framer.push(b"7\r123\r"), [Framed::Garbage, code("", b"123")]);
        assert_eq!(framer.push(&[b'7'; CODE_LEN_MAX]), []);
        assert_eq!(framer.gap(), Some(code("", &[b'7'; CODE_LEN_MAX])));
    }

    #[test]
    fn half_a_code_of_an_unplugged_device_is_garbage() {
        let mut framer = Framer::default();
        framer.push(b"6901");
        assert_eq!(framer.cut(), Some(Framed::Garbage));
        assert_eq!(framer.cut(), None);
        assert_eq!(framer.push(b"234\r"), [code("", b"234")]);
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_the_bytes_are_split(
            bytes in prop::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b']'), any::<u8>()], 0..300),
            cuts in prop::collection::vec(0usize..300, 0..20),
        ) {
            let mut whole = Framer::default();
            let mut expected = whole.push(&bytes);
            expected.extend(whole.gap());
            let mut pieces = Framer::default();
            let mut framed = Vec::new();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            for pair in cuts.windows(2) {
                framed.extend(pieces.push(&bytes[pair[0]..pair[1]]));
            }
            framed.extend(pieces.gap());
            prop_assert_eq!(framed, expected);
        }
    }
}
