//! A real serial port, or a pseudo terminal of a simulator.

use super::ModemPort;
use std::io;
use std::path::{Path, PathBuf};

pub struct SerialPort {
    path: PathBuf,
    baud: u32,
    by_id: PathBuf,
}

impl SerialPort {
    pub fn new(path: PathBuf, baud: u32, by_id: PathBuf) -> Self {
        Self { path, baud, by_id }
    }

    pub fn open(&self) -> io::Result<Box<dyn ModemPort>> {
        self.open_at(&self.path)
    }

    pub fn open_at(&self, path: &Path) -> io::Result<Box<dyn ModemPort>> {
        // A by-id link may point elsewhere after re-plugging, so it is resolved each time.
        let device = path.canonicalize()?;
        let builder = tokio_serial::new(device.to_string_lossy(), self.baud).exclusive(is_exclusive(&device));
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

/// TIOCEXCL keeps ModemManager and others out. On a pseudo terminal it would outlive a killed process, because the
/// simulator keeps the pair open, and lock this service out of its own port.
fn is_exclusive(device: &Path) -> bool {
    !device.starts_with("/dev/pts")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_real_port_is_opened_for_nobody_else() {
        assert!(is_exclusive(Path::new("/dev/ttyUSB2")));
        assert!(!is_exclusive(Path::new("/dev/pts/7")));
    }

    #[test]
    fn other_ports_are_those_that_udev_names_except_the_configured_one() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["usb-B", "usb-A"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        let port = |path: PathBuf| SerialPort { path, baud: 9600, by_id: dir.path().to_owned() };
        assert_eq!(port(dir.path().join("usb-A")).others(), [dir.path().join("usb-B")]);
        assert_eq!(port("/dev/none".into()).others().len(), 2);
        let missing = SerialPort { by_id: dir.path().join("none"), ..port("/dev/none".into()) };
        assert!(missing.others().is_empty());
    }
}
