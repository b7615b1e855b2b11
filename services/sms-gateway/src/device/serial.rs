//! A real serial port, or a pseudo terminal of a simulator.

use super::{ModemPort, OpenPort};
use std::io;
use std::path::PathBuf;

pub struct SerialPort {
    path: PathBuf,
    name: String,
    baud: u32,
}

impl SerialPort {
    pub fn new(path: PathBuf, baud: u32) -> Self {
        let name = path.display().to_string();
        Self { path, name, baud }
    }
}

impl OpenPort for SerialPort {
    fn open(&self) -> io::Result<Box<dyn ModemPort>> {
        // A by-id link may point elsewhere after re-plugging, so it is resolved each time.
        let device = self.path.canonicalize()?;
        // TIOCEXCL keeps ModemManager and others out. On a pseudo terminal it would outlive a killed process,
        // because the simulator keeps the pair open, and lock this service out of its own port.
        let exclusive = !device.starts_with("/dev/pts");
        let builder = tokio_serial::new(device.to_string_lossy(), self.baud).exclusive(exclusive);
        let port = tokio_serial::SerialStream::open(&builder)?;
        Ok(Box::new(port))
    }

    fn name(&self) -> &str {
        &self.name
    }
}
