//! A real serial port, or a pseudo terminal of a simulator.

use super::ModemPort;
use std::io;
use std::path::{Path, PathBuf};

/// Where udev names serial devices for good.
const BY_ID: &str = "/dev/serial/by-id";

pub struct SerialPort {
    path: PathBuf,
    baud: u32,
    by_id: PathBuf,
}

impl SerialPort {
    pub fn new(path: PathBuf, baud: u32) -> Self {
        Self { path, baud, by_id: BY_ID.into() }
    }

    pub fn open(&self) -> io::Result<Box<dyn ModemPort>> {
        self.open_at(&self.path)
    }

    pub fn open_at(&self, path: &Path) -> io::Result<Box<dyn ModemPort>> {
        // A by-id link may point elsewhere after re-plugging, so it is resolved each time.
        let device = path.canonicalize()?;
        // TIOCEXCL keeps ModemManager and others out. On a pseudo terminal it would outlive a killed process,
        // because the simulator keeps the pair open, and lock this service out of its own port.
        let exclusive = !device.starts_with("/dev/pts");
        let builder = tokio_serial::new(device.to_string_lossy(), self.baud).exclusive(exclusive);
        let port = tokio_serial::SerialStream::open(&builder)?;
        Ok(Box::new(port))
    }

    /// Other ports that may have the modem now: it re-enumerated, or was plugged in elsewhere.
    pub fn others(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(&self.by_id) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.retain(|path| *path != self.path);
        paths.sort();
        paths
    }
}
