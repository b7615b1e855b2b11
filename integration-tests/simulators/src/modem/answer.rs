//! Result codes and lines to the TE, in the verbose form of V.250 (ATV1).

use std::time::Duration;

use super::Modem;

/// Unsolicited lines that wait for a command to end; further ones are lost.
const MAX_UNSOLICITED: usize = 1000;

/// Why a command was not done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Refusal {
    /// Unknown or malformed.
    Error,
    /// 27.007, clause 9.2.
    Cme(u16),
    /// 27.005, clause 3.2.5.
    Cms(u16),
}

pub const NOT_ALLOWED: Refusal = Refusal::Cme(3);
pub const PIN_REQUIRED: Refusal = Refusal::Cme(11);
pub const PUK_REQUIRED: Refusal = Refusal::Cme(12);
pub const WRONG_PASSWORD: Refusal = Refusal::Cme(16);
pub const MEMORY_FAILURE: Refusal = Refusal::Cms(302);
pub const NOT_SUPPORTED: Refusal = Refusal::Cms(303);
pub const INVALID_PDU: Refusal = Refusal::Cms(304);
pub const SMS_PIN_REQUIRED: Refusal = Refusal::Cms(311);
pub const SMS_PUK_REQUIRED: Refusal = Refusal::Cms(316);
pub const INVALID_INDEX: Refusal = Refusal::Cms(321);
pub const NO_NETWORK: Refusal = Refusal::Cms(331);
pub const NO_ACK_EXPECTED: Refusal = Refusal::Cms(340);
/// Manufacturer specific, but widely "please wait".
pub const SIM_BUSY: Refusal = Refusal::Cms(515);

impl Refusal {
    /// The final result code line. CMEE does not touch +CMS ERROR.
    pub fn line(self, cmee: u8) -> String {
        match self {
            Self::Cme(code) if cmee == 1 => format!("+CME ERROR: {code}"),
            Self::Cme(code) if cmee == 2 => format!("+CME ERROR: {}", verbose(code)),
            Self::Error | Self::Cme(_) => "ERROR".into(),
            Self::Cms(code) => format!("+CMS ERROR: {code}"),
        }
    }
}

fn verbose(code: u16) -> String {
    match code {
        3 => "operation not allowed".into(),
        11 => "SIM PIN required".into(),
        12 => "SIM PUK required".into(),
        16 => "incorrect password".into(),
        other => other.to_string(),
    }
}

impl Modem {
    /// The information lines and the final result code; ends the command.
    pub fn answer(&mut self, lines: &[String], refusal: Option<Refusal>) {
        let last = refusal.map_or_else(|| "OK".into(), |refusal| refusal.line(self.settings.cmee));
        self.lines(lines);
        self.lines(&[last]);
        self.speak_unsolicited();
    }

    pub fn lines(&mut self, lines: &[String]) {
        if !lines.is_empty() {
            self.raw(format!("\r\n{}\r\n", lines.join("\r\n")).as_bytes());
        }
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        self.output.extend_from_slice(bytes);
    }

    /// An unsolicited result code: now, or when the command in progress has ended.
    pub fn unsolicited(&mut self, line: String) {
        if self.unsolicited.len() < MAX_UNSOLICITED {
            self.unsolicited.push_back(line);
        }
        if !self.busy && self.entry.is_idle() {
            self.speak_unsolicited();
        }
    }

    pub fn speak_unsolicited(&mut self) {
        while let Some(line) = self.unsolicited.pop_front() {
            self.lines(&[line]);
        }
    }

    /// Hands the output of this step to the line.
    pub fn flush(&mut self) {
        let mut output = std::mem::take(&mut self.output);
        let Some(port) = self.port.as_ref().filter(|_| !output.is_empty() && !self.knobs.off) else { return };
        if self.knobs.nul_bytes {
            output.insert(0, 0);
            output.push(0);
        }
        if self.knobs.split_reads == 0 {
            return port.write(&output);
        }
        for piece in output.chunks(self.knobs.split_reads) {
            port.write(piece);
            port.pause(Duration::from_millis(1));
        }
    }
}
