//! One code that was read.

use std::fmt;

use jiff::Timestamp;

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
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scan {
    /// From 1, shared by all sources.
    pub seq: u64,
    pub source: Source,
    pub code: Code,
    /// What read it: "handheld" or "rqrr".
    pub engine: &'static str,
    pub time: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_does_not_show_what_a_code_says() {
        let code = Code { bytes: CodeBytes(b"6901234567892".to_vec()), aim_identifier: "]E0".into() };
        let shown = format!("{code:?}");
        assert!(shown.contains("13 bytes") && !shown.contains("6901"), "{shown}");
    }
}
