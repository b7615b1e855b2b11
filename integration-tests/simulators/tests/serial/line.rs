//! The host's end of a simulated serial line: plain files, no driver.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::termios::{OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};

pub const PATIENCE: Duration = Duration::from_secs(10);

pub struct Host {
    file: File,
    heard: Vec<u8>,
}

impl Host {
    pub fn open(link: &Path) -> Self {
        let file = OpenOptions::new().read(true).write(true).open(link).unwrap();
        let mut raw = tcgetattr(&file).unwrap();
        raw.make_raw();
        // A read waits for a tenth of a second, then gives nothing (termios(3), VTIME).
        raw.special_codes[SpecialCodeIndex::VMIN] = 0;
        raw.special_codes[SpecialCodeIndex::VTIME] = 1;
        tcsetattr(&file, OptionalActions::Now, &raw).unwrap();
        Self { file, heard: Vec::new() }
    }

    pub fn say(&mut self, bytes: &str) {
        self.file.write_all(bytes.as_bytes()).unwrap();
    }

    /// The next bytes; `None` when the line hung up.
    pub fn read(&mut self) -> Option<Vec<u8>> {
        let deadline = Instant::now() + PATIENCE;
        let mut bytes = [0; 4096];
        while Instant::now() < deadline {
            match self.file.read(&mut bytes) {
                Ok(0) if tcgetattr(&self.file).is_ok() => {}
                Ok(0) => return None,
                Ok(n) => return Some(bytes[..n].to_vec()),
                Err(e) => panic!("{e}"),
            }
        }
        panic!("the line stays silent; heard {:?}", String::from_utf8_lossy(&self.heard));
    }

    /// Everything up to and with `end`.
    pub fn until(&mut self, end: &str) -> String {
        loop {
            if let Some(at) = self.heard.windows(end.len()).position(|window| window == end.as_bytes()) {
                return String::from_utf8(self.heard.drain(..at + end.len()).collect()).unwrap();
            }
            let bytes = self.read().expect("the line hung up");
            self.heard.extend(bytes);
        }
    }

    /// A command and everything up to its OK.
    pub fn ok(&mut self, command: &str) -> String {
        self.say(&format!("{command}\r"));
        self.until("\r\nOK\r\n")
    }
}
