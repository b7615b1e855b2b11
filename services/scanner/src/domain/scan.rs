//! One code that was read, and one thing that was none.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::refusal::Refusal;
use super::symbol::Symbol;

/// Longest code that is passed on. A QR code 40-L holds 2,953 bytes.
pub const CODE_LEN_MAX: usize = 4096;

/// What a code says. It may be a payer's token, so it never shows up in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeBytes(pub Vec<u8>);

impl fmt::Debug for CodeBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeBytes({} bytes)", self.0.len())
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Code {
    pub bytes: CodeBytes,
    /// AIM symbology identifier (ISO/IEC 15424), for example "]Q1"; empty if the reader does not send it.
    pub aim_identifier: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    Serial,
    Camera,
    Keyboard,
    HidPos,
    Image,
}

/// What read it, and how sure it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reading {
    /// "handheld", "rxing", "grid", "rqrr" or "linear".
    pub engine: &'static str,
    /// 1 to 100.
    pub confidence: u8,
}

impl Reading {
    pub const HANDHELD: Self = Self { engine: "handheld", confidence: 100 };
}

/// Debug leaves out what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct Scan {
    pub code: Code,
    pub symbol: Symbol,
    pub reading: Reading,
}

impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan")
            .field("code", &self.code)
            .field("kind", &self.symbol.kind)
            .field("reading", &self.reading)
            .finish()
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    Scan(Scan),
    Refused(Refusal),
}

/// One entry of the stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// From 1, shared by all sources.
    pub seq: u64,
    pub source: Source,
    pub device: Arc<str>,
    pub time: Timestamp,
    pub what: What,
    /// Who held the scanner for itself then: nobody else gets it. 0 = nobody.
    pub claim: u64,
}

#[cfg(test)]
mod tests {
    use super::super::symbol;
    use super::*;

    #[test]
    fn debug_output_does_not_show_what_a_code_says() {
        let code = Code { bytes: CodeBytes(b"6901234567892".to_vec()), aim_identifier: "]E0".into() };
        let symbol = symbol::parse(&code.bytes.0, Some("]E0"));
        let shown = format!("{:?}", Scan { code, symbol, reading: Reading::HANDHELD });
        assert!(shown.contains("13 bytes") && !shown.contains("6901"), "{shown}");
    }
}
