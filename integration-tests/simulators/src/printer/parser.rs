//! Bytes in, commands out, one byte at a time, as a printer takes them from its receive buffer.

use super::command::{Command, Decoded, decode};

#[derive(Default)]
pub struct Parser {
    pending: Vec<u8>,
    /// No decoding below this length.
    need: usize,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Parsed {
    Command {
        command: Command,
        bytes: Vec<u8>,
    },
    /// These bytes begin no command that is known; only the first of them is skipped.
    Unknown {
        bytes: Vec<u8>,
    },
}

impl Parser {
    /// One byte can complete several items: after an unknown byte the rest is read again.
    pub fn push(&mut self, byte: u8, chinese: bool) -> Vec<Parsed> {
        self.pending.push(byte);
        let mut parsed = Vec::new();
        if self.pending.len() < self.need {
            return parsed;
        }
        match decode(&self.pending, chinese) {
            Decoded::Need(total) => self.need = total,
            Decoded::Done(command) => {
                self.need = 0;
                parsed.push(Parsed::Command { command, bytes: std::mem::take(&mut self.pending) });
            }
            Decoded::Unknown => {
                self.need = 0;
                let bytes = std::mem::take(&mut self.pending);
                let rest = bytes[1..].to_vec();
                parsed.push(Parsed::Unknown { bytes });
                for byte in rest {
                    parsed.extend(self.push(byte, chinese));
                }
            }
        }
        parsed
    }

    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }

    /// Within the dots of a picture, which the head prints as they come: they must not be swallowed
    /// while there is nothing to print on.
    pub fn is_in_a_picture(&self) -> bool {
        match self.pending[..] {
            [0x1d, b'v', b'0', ..] => self.pending.len() >= 8,
            [0x1d, b'8', b'L', ..] => self.pending.len() >= 7,
            [0x1d, b'(', b'L', low, high, ..] => u16::from_le_bytes([low, high]) > 2,
            _ => false,
        }
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bytes: &[u8]) -> Vec<Parsed> {
        let mut parser = Parser::default();
        bytes.iter().flat_map(|&byte| parser.push(byte, false)).collect()
    }

    #[test]
    fn an_unknown_command_skips_one_byte_and_reads_on() {
        assert_eq!(
            parse(&[0x1b, b'x', b'\n']),
            [
                Parsed::Unknown { bytes: vec![0x1b, b'x'] },
                Parsed::Command { command: Command::Text(b'x'), bytes: vec![b'x'] },
                Parsed::Command { command: Command::LineFeed, bytes: vec![b'\n'] },
            ]
        );
    }

    #[test]
    fn every_byte_of_the_stream_belongs_to_exactly_one_command() {
        let stream = b"\x1b@\x1d!\x11A\x1d(k\x03\x001C\x06\x1dv0\x00\x01\x00\x01\x00\x1b\x1dV\x00";
        let taken: Vec<u8> = parse(stream)
            .into_iter()
            .flat_map(|parsed| match parsed {
                Parsed::Command { bytes, .. } => bytes,
                Parsed::Unknown { bytes } => panic!("unknown {bytes:02x?}"),
            })
            .collect();
        assert_eq!(taken, stream);
    }
}
