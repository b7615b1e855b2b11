//! The receive buffer. What does not fit stays in TCP and slows the sender down.

use std::collections::VecDeque;

use super::command::Command;
use super::parser::{Parsed, Parser};
use super::realtime::{RealTime, Scanner};

/// TM printers: 4 KB (or 45 bytes by DIP switch).
pub const RECEIVE_BUFFER_BYTES: usize = 4096;

#[derive(Default)]
pub struct Inbox {
    /// Each byte with the link it came by: answers go to the client that asked, or nowhere.
    bytes: VecDeque<(u8, u64)>,
    scanner: Scanner,
    /// Reads along on arrival, to tell a status poll between commands from the same bytes in a picture.
    reader: Parser,
    chinese: bool,
}

impl Inbox {
    pub fn room(&self) -> usize {
        RECEIVE_BUFFER_BYTES.saturating_sub(self.bytes.len())
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn pop(&mut self) -> Option<(u8, u64)> {
        self.bytes.pop_front()
    }

    /// Stores the byte; a real-time command that it completes is to be acted on at once.
    pub fn push(&mut self, byte: u8, link: u64) -> Option<RealTime> {
        self.bytes.push_back((byte, link));
        let found = self.scanner.push(byte);
        for parsed in self.reader.push(byte, self.chinese) {
            match parsed {
                Parsed::Command { command: Command::RealTime, bytes } => self.take_back(bytes.len()),
                Parsed::Command { command: Command::ChineseMode(on), .. } => self.chinese = on,
                Parsed::Command { command: Command::Initialize, .. } => self.chinese = false,
                _ => {}
            }
        }
        found
    }

    /// A poll that stands between commands takes no room, or polling would fill the buffer of a printer
    /// that is out of paper. If its first bytes are consumed already the rest follows them.
    fn take_back(&mut self, count: usize) {
        if self.bytes.len() >= count {
            self.bytes.truncate(self.bytes.len() - count);
        }
    }

    /// Clearing keeps the modes of the printer, of which only this one matters here.
    pub fn clear(&mut self, chinese: bool) {
        *self = Self { chinese, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polls_between_commands_take_no_room_and_polls_in_pictures_stay_dots() {
        let mut inbox = Inbox::default();
        let stream = b"A\x10\x04\x01B\x1dv0\x00\x03\x00\x01\x00\x10\x04\x02";
        let found: Vec<_> = stream.iter().filter_map(|&byte| inbox.push(byte, 1)).collect();
        assert_eq!(found, [RealTime::Status(1), RealTime::Status(2)]);
        let kept: Vec<u8> = std::iter::from_fn(|| inbox.pop()).map(|(byte, _)| byte).collect();
        assert_eq!(kept, b"AB\x1dv0\x00\x03\x00\x01\x00\x10\x04\x02");
    }
}
