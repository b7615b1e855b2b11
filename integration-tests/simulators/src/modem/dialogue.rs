//! What the TE types: command lines, and the PDU after the prompt of CMGS.

use std::time::{Duration, Instant};

use super::answer::Refusal;
use super::syntax::{self, Ask, Command};
use super::{Later, Modem};

/// Octets that wait while a command is executed; further ones are lost.
const MAX_BACKLOG: usize = 64 * 1024;
/// A longer command line is an error.
const MAX_LINE: usize = 1024;
/// 12 octets of service centre and 164 of TPDU, in hex; the rest of longer input is ignored.
const MAX_PDU_DIGITS: usize = 2 * (12 + 164);

const CTRL_Z: u8 = 0x1A;
const ESCAPE: u8 = 0x1B;

/// What is being typed.
pub enum Entry {
    Line(Vec<u8>),
    Pdu { tpdu_octets: usize, digits: Vec<u8> },
}

/// How a command went, when it was not refused.
pub enum Done {
    Now,
    /// The answer comes later.
    After(Duration),
    /// CMGS: the prompt, and a PDU of so many octets.
    Prompt(usize),
    /// `AT+CFUN=1,1`
    Reboot,
}

pub type Outcome = Result<Done, Refusal>;

impl Default for Entry {
    fn default() -> Self {
        Self::Line(Vec::new())
    }
}

impl Entry {
    /// Nothing is typed, so an unsolicited line disturbs no one.
    pub fn is_idle(&self) -> bool {
        matches!(self, Self::Line(typed) if typed.is_empty())
    }
}

impl Modem {
    pub fn hear(&mut self, bytes: &[u8]) {
        let room = MAX_BACKLOG - self.backlog.len();
        self.backlog.extend(&bytes[..bytes.len().min(room)]);
        self.work();
    }

    /// Takes what was typed, as far as no command is in progress.
    pub fn work(&mut self) {
        while !self.busy {
            let Some(byte) = self.backlog.pop_front() else { return };
            match &self.entry {
                Entry::Line(_) => self.take_line_byte(byte),
                Entry::Pdu { .. } => self.take_pdu_byte(byte),
            }
        }
    }

    fn take_line_byte(&mut self, byte: u8) {
        if self.settings.echo {
            self.raw(&[byte]);
        }
        let Entry::Line(line) = &mut self.entry else { return };
        match byte {
            // A stray escape is how drivers leave a prompt that is not there.
            b'\n' | ESCAPE => {}
            b'\r' => {
                let line = std::mem::take(line);
                if line.len() > MAX_LINE {
                    self.answer(&[], Some(Refusal::Error));
                } else {
                    self.execute(&String::from_utf8_lossy(&line));
                }
            }
            _ if line.len() <= MAX_LINE => line.push(byte),
            _ => {}
        }
    }

    fn take_pdu_byte(&mut self, byte: u8) {
        let Entry::Pdu { tpdu_octets, digits } = &mut self.entry else { return };
        match byte {
            ESCAPE => {
                self.entry = Entry::default();
                self.answer(&[], None);
            }
            CTRL_Z => {
                let (tpdu_octets, digits) = (*tpdu_octets, std::mem::take(digits));
                self.entry = Entry::default();
                self.on_ctrl_z(tpdu_octets, &String::from_utf8_lossy(&digits));
            }
            _ => {
                if digits.len() < MAX_PDU_DIGITS && !byte.is_ascii_whitespace() {
                    digits.push(byte);
                }
                if self.settings.echo {
                    self.raw(&[byte]);
                }
            }
        }
    }

    fn execute(&mut self, line: &str) {
        let Some(commands) = syntax::parse(line) else { return };
        if commands.is_empty() && self.knobs.bare_at_error {
            return self.answer(&[], Some(Refusal::Error));
        }
        let mut lines = Vec::new();
        for command in &commands {
            let outcome = match command {
                Command::Basic(letter, number) => self.basic(letter, *number),
                Command::Extended(name, ask) => self.extended(name, ask, &mut lines),
            };
            match outcome {
                Ok(Done::Now) => {}
                Ok(Done::After(time)) => {
                    self.busy = true;
                    self.later.push((Instant::now() + time, Later::Answer(lines, None)));
                    return;
                }
                Ok(Done::Prompt(tpdu_octets)) => return self.prompt(tpdu_octets),
                Ok(Done::Reboot) => {
                    self.answer(&lines, None);
                    self.flush();
                    return self.reset();
                }
                Err(refusal) => return self.answer(&lines, Some(refusal)),
            }
        }
        self.answer(&lines, None);
        // Reading, deleting or new routing may let the network deliver more.
        self.receive();
    }

    fn extended(&mut self, name: &str, ask: &Ask, lines: &mut Vec<String>) -> Outcome {
        match self.sms_command(name, ask, lines) {
            Some(outcome) => outcome,
            None => self.general_command(name, ask, lines),
        }
    }

    fn prompt(&mut self, tpdu_octets: usize) {
        if let Some(line) = self.knobs.urc_inside_cmgs.clone() {
            self.lines(&[line]);
        }
        self.entry = Entry::Pdu { tpdu_octets, digits: Vec::new() };
        self.raw(b"\r\n> ");
        self.events.push("prompt", serde_json::Value::Null);
    }

    /// A restart that the TE sees on the line.
    pub fn reset(&mut self) {
        self.power_cycle();
        self.events.push("reset", serde_json::Value::Null);
        self.lines(&["RDY".into()]);
        self.receive();
    }
}
