//! Real-time commands are acted on when they are received, before the receive buffer and whatever they
//! stand in: even as dots of a picture (Epson, DLE EOT: "executed when received").

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RealTime {
    /// DLE EOT n
    Status(u8),
    /// DLE ENQ n: recover from an error (1, 2).
    Recover(u8),
    /// DLE DC4 1 m t: a pulse of t × 100 ms on pin m.
    Pulse { pin: u8, tenths: u8 },
    /// DLE DC4 8 with its seven guard bytes.
    ClearBuffers,
}

const CLEAR_BUFFERS: [u8; 10] = [0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8];

/// Finds real-time commands in a byte stream.
#[derive(Default)]
pub struct Scanner {
    seen: Vec<u8>,
}

impl Scanner {
    pub fn push(&mut self, byte: u8) -> Option<RealTime> {
        self.seen.push(byte);
        let found = loop {
            match self.look() {
                Look::Found(command) => break Some(command),
                Look::Possible => return None,
                Look::Impossible => {
                    self.seen.remove(0);
                    if self.seen.is_empty() {
                        return None;
                    }
                }
            }
        };
        self.seen.clear();
        found
    }

    fn look(&self) -> Look {
        match self.seen[..] {
            [0x10] | [0x10, 0x04 | 0x05] | [0x10, 0x14] | [0x10, 0x14, 1] | [0x10, 0x14, 1, 0 | 1] => {
                Look::Possible
            }
            [0x10, 0x04, n] => Look::Found(RealTime::Status(n)),
            [0x10, 0x05, n] => Look::Found(RealTime::Recover(n)),
            [0x10, 0x14, 1, pin, tenths @ 1..=8] => Look::Found(RealTime::Pulse { pin, tenths }),
            ref seen if *seen == CLEAR_BUFFERS => Look::Found(RealTime::ClearBuffers),
            ref seen if CLEAR_BUFFERS.starts_with(seen) => Look::Possible,
            _ => Look::Impossible,
        }
    }
}

enum Look {
    Found(RealTime),
    Possible,
    Impossible,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(bytes: &[u8]) -> Vec<RealTime> {
        let mut scanner = Scanner::default();
        bytes.iter().filter_map(|&byte| scanner.push(byte)).collect()
    }

    #[test]
    fn real_time_commands_are_found_inside_other_bytes() {
        assert_eq!(scan(b"abc\x10\x10\x04\x04xyz"), [RealTime::Status(4)]);
        assert_eq!(scan(b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"), [RealTime::ClearBuffers]);
        assert_eq!(scan(b"\x10\x14\x01\x01\x02"), [RealTime::Pulse { pin: 1, tenths: 2 }]);
    }

    #[test]
    fn a_broken_clear_still_lets_the_next_command_through() {
        assert_eq!(scan(b"\x10\x14\x08\x01\x03\x10\x04\x01"), [RealTime::Status(1)]);
    }
}
