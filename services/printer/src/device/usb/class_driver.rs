//! A printer through the kernel's usblp: `/dev/usb/lpN`, or the name by serial number that
//! `deploy/udev/70-chit-printer.rules` gives. The driver speaks both ways, so the printer answers as on any other link.
//!
//! Unplugged, reads and writes fail (EIO, ENODEV) and the owner opens the path again until it is back.

use std::io;
use std::path::PathBuf;

use super::{plugged_in, say_remedy};
use crate::device::chardev::{self, Reader, Writer};
use crate::device::link::PrinterLink;

#[derive(Debug, Clone)]
pub struct UsbLink {
    pub path: PathBuf,
}

impl PrinterLink for UsbLink {
    type Reader = Reader;
    type Writer = Writer;

    async fn open(&self) -> io::Result<(Reader, Writer)> {
        chardev::open(&self.path).map_err(say_remedy)
    }

    fn is_network(&self) -> bool {
        false
    }

    fn holds_back(&self) -> bool {
        true
    }

    fn name(&self) -> String {
        format!("usb {}", self.path.display())
    }

    /// A printer that waits for paper takes no bytes; nothing times that out here.
    fn expect_stalls(&self, _: &Writer, _: bool) {}

    /// The printer at the path, whichever it is.
    async fn returned(&self) {
        plugged_in(|device| device.is_printer).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{Mode, OFlags};
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// A pseudo-terminal is a character device too; usblp needs a printer.
    fn device() -> (std::fs::File, PathBuf) {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let path = PathBuf::from(ptsname(&master, Vec::new()).unwrap().into_string().unwrap());
        let slave = rustix::fs::open(&path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let mut raw = tcgetattr(&slave).unwrap();
        raw.make_raw();
        tcsetattr(&slave, OptionalActions::Now, &raw).unwrap();
        (master.into(), path)
    }

    #[tokio::test]
    async fn bytes_go_both_ways_and_an_unplugged_printer_is_an_error() {
        use std::io::{Read as _, Write as _};
        let (mut far, path) = device();
        let link = UsbLink { path };
        let (mut reader, mut writer) = link.open().await.unwrap();
        writer.write_all(b"\x1b@hello").await.unwrap();
        let mut heard = [0; 7];
        far.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"\x1b@hello");
        far.write_all(&[0x12]).unwrap();
        assert_eq!(reader.read_u8().await.unwrap(), 0x12);
        drop(far);
        let unplugged = tokio::time::timeout(std::time::Duration::from_secs(10), reader.read_u8()).await;
        assert!(unplugged.unwrap().is_err());
        assert!(link.open().await.is_err() && !link.is_network());
    }
}
