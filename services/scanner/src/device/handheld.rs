//! The serial handheld: opened, read until it is gone, looked for again.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chit_runtime::Shutdown;
use tokio::io::AsyncReadExt as _;
use tokio::time::{Instant, timeout};
use tokio_serial::SerialStream;

use crate::config::Config;
use crate::domain::debounce::Debounce;
use crate::domain::framer::{Framed, Framer};
use crate::scans::Scans;
use crate::sources::Sources;

const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(2);
const READ_LEN: usize = 1024;

pub struct Handheld {
    port: PathBuf,
    baud: u32,
    debounce: Debounce,
    scans: Arc<Scans>,
    sources: Arc<Sources>,
    started: Instant,
}

impl Handheld {
    pub fn new(port: PathBuf, config: &Config, scans: Arc<Scans>, sources: Arc<Sources>) -> Self {
        let debounce = Debounce::new(Duration::from_millis(config.debounce_ms.into()));
        Self { port, baud: config.baud, debounce, scans, sources, started: Instant::now() }
    }

    /// Until shutdown. Everything that goes wrong means that the device is absent for now.
    pub async fn run(mut self, shutdown: Shutdown) {
        tokio::select! {
            () = self.keep_reading() => {}
            () = shutdown.wait() => {}
        }
    }

    async fn keep_reading(&mut self) {
        let mut pause = PAUSE_FIRST;
        let mut told = false;
        loop {
            match open(&self.port, self.baud) {
                Ok(line) => {
                    self.sources.set_handheld_ready(true);
                    tracing::info!(port = %self.port.display(), "handheld is there");
                    let opened = Instant::now();
                    let end = self.read(line).await;
                    self.sources.set_handheld_ready(false);
                    tracing::warn!(port = %self.port.display(), error = %end, "handheld is gone");
                    told = true;
                    // One that is gone at once is broken: it gets no faster tries.
                    if opened.elapsed() > PAUSE_MAX {
                        pause = PAUSE_FIRST;
                    }
                }
                Err(error) if !told => {
                    tracing::warn!(port = %self.port.display(), %error, "no handheld; looking for it");
                    told = true;
                }
                Err(_still) => {}
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    async fn read(&mut self, mut line: SerialStream) -> io::Error {
        let mut framer = Framer::default();
        let mut bytes = [0; READ_LEN];
        let end = loop {
            let read = match framer.patience() {
                None => line.read(&mut bytes).await,
                Some(patience) => match timeout(patience, line.read(&mut bytes)).await {
                    Ok(read) => read,
                    Err(_silence) => {
                        self.take(framer.gap());
                        continue;
                    }
                },
            };
            match read {
                // An unplugged serial device reads as 0 bytes for ever.
                Ok(0) => break io::Error::new(io::ErrorKind::UnexpectedEof, "unplugged"),
                Ok(len) => self.take(framer.push(&bytes[..len])),
                Err(error) => break error,
            }
        };
        self.take(framer.cut());
        end
    }

    fn take(&mut self, framed: impl IntoIterator<Item = Framed>) {
        for framed in framed {
            match framed {
                Framed::Code(code) if self.debounce.admits(&code, self.started.elapsed()) => {
                    self.scans.publish(code);
                }
                Framed::Code(_repeated) => {}
                Framed::Garbage => self.sources.count_garbage(),
            }
        }
    }
}

fn open(port: &Path, baud: u32) -> io::Result<SerialStream> {
    // A by-id link may point elsewhere after replugging, so it is resolved each time.
    let device = port.canonicalize()?;
    // TIOCEXCL keeps others out and ends with the last close of a real device. The slave of a pseudo terminal lives on
    // with its master: there the mark would outlive a killed process and lock its successor out.
    let exclusive = !device.starts_with("/dev/pts");
    let builder = tokio_serial::new(device.to_string_lossy(), baud).exclusive(exclusive);
    Ok(SerialStream::open(&builder)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chit_runtime::Clock;
    use serialport::{SerialPort as _, TTYPort};
    use std::io::Write as _;
    use std::os::unix::fs::symlink;

    const DEADLINE: Duration = Duration::from_secs(10);

    struct Desk {
        link: PathBuf,
        scans: Arc<Scans>,
        sources: Arc<Sources>,
        shutdown: Shutdown,
        _dir: tempfile::TempDir,
    }

    impl Desk {
        /// A driver that looks for a port nobody has plugged in yet.
        fn start() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let link = dir.path().join("handheld");
            let (scans, sources) = (Arc::new(Scans::new(Clock::system()).unwrap()), Arc::default());
            let shutdown = Shutdown::default();
            let desk = Self { link, scans, sources, shutdown, _dir: dir };
            let (scans, sources) = (Arc::clone(&desk.scans), Arc::clone(&desk.sources));
            let handheld = Handheld::new(desk.link.clone(), &Config::default(), scans, sources);
            tokio::spawn(handheld.run(desk.shutdown.clone()));
            desk
        }

        fn plug(&self) -> TTYPort {
            let (device, line) = TTYPort::pair().unwrap();
            symlink(line.name().unwrap(), &self.link).unwrap();
            device
        }

        async fn until(&self, holds: impl Fn(&Self) -> bool) {
            let end = Instant::now() + DEADLINE;
            while !holds(self) {
                assert!(Instant::now() < end, "not within {DEADLINE:?}");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }

        async fn codes(&self, count: u64) -> Vec<Vec<u8>> {
            let mut newest = self.scans.subscribe();
            let seen = timeout(DEADLINE, newest.wait_for(|newest| *newest >= count)).await;
            seen.expect("scans within the deadline").unwrap();
            self.scans.after(0).into_iter().map(|scan| scan.code.bytes.0).collect()
        }
    }

    #[tokio::test]
    async fn codes_come_through_a_serial_line_with_and_without_suffix() {
        let desk = Desk::start();
        let mut device = desk.plug();
        desk.until(|desk| desk.sources.is_handheld_ready()).await;
        device.write_all(b"6901234567892").unwrap();
        assert_eq!(desk.codes(1).await, [b"6901234567892".to_vec()]);
        device.write_all(b"]Q1HELLO\r\n\x00\x01\rWORLD\r").unwrap();
        assert_eq!(desk.codes(3).await[1..], [b"HELLO".to_vec(), b"WORLD".to_vec()]);
        assert_eq!(desk.scans.after(1)[0].code.aim_identifier, "]Q1");
        assert_eq!(desk.sources.garbage_lines(), 1);
        assert!(desk.sources.is_handheld_ready());
    }

    #[tokio::test]
    async fn an_unplugged_handheld_is_absent_and_found_again() {
        let desk = Desk::start();
        let device = desk.plug();
        desk.until(|desk| desk.sources.is_handheld_ready()).await;
        drop(device);
        std::fs::remove_file(&desk.link).unwrap();
        desk.until(|desk| !desk.sources.is_handheld_ready()).await;
        let mut device = desk.plug();
        desk.until(|desk| desk.sources.is_handheld_ready()).await;
        device.write_all(b"1234\n").unwrap();
        assert_eq!(desk.codes(1).await, [b"1234".to_vec()]);
    }

    #[tokio::test]
    async fn a_driver_that_went_away_does_not_lock_out_its_successor() {
        let desk = Desk::start();
        let mut device = desk.plug();
        desk.until(|desk| desk.sources.is_handheld_ready()).await;
        let (scans, sources) = (Arc::clone(&desk.scans), Arc::default());
        desk.shutdown.trigger();
        let successor = Handheld::new(desk.link.clone(), &Config::default(), scans, Arc::clone(&sources));
        tokio::spawn(successor.run(Shutdown::default()));
        desk.until(|_| sources.is_handheld_ready()).await;
        device.write_all(b"1234\n").unwrap();
        assert_eq!(desk.codes(1).await, [b"1234".to_vec()]);
    }
}
