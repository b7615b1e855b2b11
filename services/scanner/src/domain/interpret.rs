//! From the bytes of one code to what it says, with what is known of the device that sent it: its character set, and whether it
//! puts AIM identifiers in front.

use encoding_rs::{Encoding, GBK, SHIFT_JIS, WINDOWS_1252};
use serde::Deserialize;

use super::refusal::Refusal;
use super::scan::{Code, CodeBytes};
use super::symbol::{self, Kind, Symbol, aim};

/// `charset` of chit.toml: how the device writes text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Charset {
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "gbk")]
    Gbk,
    #[serde(rename = "shift-jis")]
    ShiftJis,
    #[serde(rename = "latin-1")]
    Latin1,
    /// Bytes are passed on as they come, NUL included.
    #[serde(rename = "binary")]
    Binary,
}

/// `aim` of chit.toml: whether the device puts identifiers in front.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aim {
    #[default]
    Auto,
    On,
    Off,
}

/// A device that has sent a code without identifier sends none, until so many in a row had one.
const IDENTIFIERS_TO_BELIEVE: u8 = 3;

#[derive(Debug)]
pub struct Interpreter {
    charset: Charset,
    aim: Aim,
    /// Codes seen without an identifier, and since then with one.
    plain_seen: bool,
    in_a_row: u8,
}

impl Interpreter {
    pub fn new(charset: Charset, aim: Aim) -> Self {
        Self { charset, aim, plain_seen: false, in_a_row: 0 }
    }

    /// Another device may answer to the same name.
    pub fn forget(&mut self) {
        *self = Self::new(self.charset, self.aim);
    }

    pub fn interpret(&mut self, bytes: &[u8]) -> Result<(Code, Symbol), Refusal> {
        let (identifier, data) = match aim::split(bytes) {
            Some((identifier, data)) if self.believes() => (identifier, data),
            Some(_) => ("", bytes),
            None => {
                (self.plain_seen, self.in_a_row) = (true, 0);
                ("", bytes)
            }
        };
        let data = self.decoded(data)?;
        let symbol = symbol::parse(&data, Some(identifier));
        let refusal = match symbol.kind {
            _ if data.is_empty() => Some(Refusal::NotText),
            Kind::Binary if self.charset != Charset::Binary => Some(Refusal::NotText),
            Kind::Misread => Some(Refusal::CheckDigit),
            _ => None,
        };
        let code = Code { bytes: CodeBytes(data), aim_identifier: identifier.to_owned() };
        refusal.map_or(Ok((code, symbol)), Err)
    }

    /// Called with a code that begins like an identifier.
    fn believes(&mut self) -> bool {
        self.in_a_row = self.in_a_row.saturating_add(1);
        match self.aim {
            Aim::On => true,
            Aim::Off => false,
            Aim::Auto if self.plain_seen && self.in_a_row < IDENTIFIERS_TO_BELIEVE => false,
            Aim::Auto => {
                self.plain_seen = false;
                true
            }
        }
    }

    /// As UTF-8, unless bytes are wanted.
    fn decoded(&self, data: &[u8]) -> Result<Vec<u8>, Refusal> {
        let encoding: &'static Encoding = match self.charset {
            Charset::Binary => return Ok(data.to_vec()),
            Charset::Utf8 => {
                return std::str::from_utf8(data)
                    .map(|text| text.as_bytes().to_vec())
                    .map_err(|_| Refusal::NotText);
            }
            Charset::Gbk => GBK,
            Charset::ShiftJis => SHIFT_JIS,
            Charset::Latin1 => WINDOWS_1252,
        };
        let text =
            encoding.decode_without_bom_handling_and_without_replacement(data).ok_or(Refusal::NotText)?;
        Ok(text.into_owned().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(interpreter: &mut Interpreter, bytes: &[u8]) -> Result<(String, Vec<u8>), Refusal> {
        interpreter.interpret(bytes).map(|(code, _)| (code.aim_identifier, code.bytes.0))
    }

    fn text(identifier: &str, data: &str) -> Result<(String, Vec<u8>), Refusal> {
        Ok((identifier.to_owned(), data.as_bytes().to_vec()))
    }

    #[test]
    fn an_identifier_is_split_off_where_the_device_sends_them() {
        let mut device = Interpreter::new(Charset::Utf8, Aim::Auto);
        assert_eq!(read(&mut device, b"]E06901234567892"), text("]E0", "6901234567892"));
        assert_eq!(read(&mut device, b"]Q1HELLO"), text("]Q1", "HELLO"));
        assert_eq!(read(&mut device, b"]x1HELLO"), text("", "]x1HELLO"));
    }

    #[test]
    fn text_of_a_device_that_sends_none_is_never_taken_for_an_identifier() {
        let mut device = Interpreter::new(Charset::Utf8, Aim::Auto);
        read(&mut device, b"6901234567892").unwrap();
        assert_eq!(read(&mut device, b"]Q1HELLO"), text("", "]Q1HELLO"));
        read(&mut device, b"6901234567892").unwrap();
        assert_eq!(read(&mut device, b"]C0HELLO"), text("", "]C0HELLO"));
        assert_eq!(read(&mut device, b"]C0HELLO"), text("", "]C0HELLO"));
        assert_eq!(read(&mut device, b"]C0HELLO"), text("]C0", "HELLO"), "somebody has switched them on");
        let mut off = Interpreter::new(Charset::Utf8, Aim::Off);
        assert_eq!(read(&mut off, b"]Q1HELLO"), text("", "]Q1HELLO"));
    }

    #[test]
    fn each_charset_gives_the_same_text() {
        for (charset, bytes) in [
            (Charset::Utf8, b"\xe7\x89\x9b\xe5\xa5\xb6".as_slice()),
            (Charset::Gbk, b"\xc5\xa3\xc4\xcc"),
            (Charset::ShiftJis, b"\x8b\x8d\x93\xfb"),
        ] {
            let expected = if charset == Charset::ShiftJis { "牛乳" } else { "牛奶" };
            assert_eq!(
                read(&mut Interpreter::new(charset, Aim::Auto), bytes),
                text("", expected),
                "{charset:?}"
            );
        }
        assert_eq!(read(&mut Interpreter::new(Charset::Latin1, Aim::Auto), b"Caf\xe9"), text("", "Café"));
        let mut utf8 = Interpreter::new(Charset::Utf8, Aim::Auto);
        assert_eq!(read(&mut utf8, b"\xc5\xa3\xc4\xcc"), Err(Refusal::NotText));
        let mut binary = Interpreter::new(Charset::Binary, Aim::Auto);
        assert_eq!(read(&mut binary, b"\x00\xff\x00"), Ok((String::new(), vec![0, 255, 0])));
    }

    #[test]
    fn misreads_and_garbage_are_refused_with_their_reason() {
        let mut device = Interpreter::new(Charset::Utf8, Aim::Auto);
        assert_eq!(read(&mut device, b"6901234567890"), Err(Refusal::CheckDigit));
        assert_eq!(read(&mut device, b"12\x0034"), Err(Refusal::NotText));
        assert_eq!(read(&mut Interpreter::new(Charset::Utf8, Aim::Auto), b"]Q1"), Err(Refusal::NotText));
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_payer_code_that_is_none(
            bytes in prop_oneof![prop::collection::vec(any::<u8>(), 0..400), "[0-9]{230,240}".prop_map(String::into_bytes)],
        ) {
            let mut device = Interpreter::new(Charset::Binary, Aim::On);
            if let Ok((code, symbol)) = device.interpret(&bytes) {
                let is_one = chit_payer_code::is_well_formed(code.bytes.0.trim_ascii());
                prop_assert_eq!(symbol.kind == Kind::PayerCode, is_one);
            }
        }
    }
}
