//! A serial line as a pseudo terminal: the simulator holds the master, a symlink leads drivers to the slave.
//!
//! The simulator keeps the slave open too, so that the line outlives a driver that closes and reopens it.
//! What a last close does on a real tty must then be done by hand: inotify reports the close, and the line
//! gives up the driver's TIOCEXCL and drops the unread bytes.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::fs::inotify;
use rustix::pty::{self, OpenptFlags};
use rustix::termios::{self, OptionalActions, QueueSelector};

/// Pieces waiting for a driver that does not read; the ones beyond are lost, as on an overrun UART.
const MAX_PIECES: usize = 4096;
/// Small writes, so that a driver that stops reading blocks the line for few bytes only.
const PIECE_BYTES: usize = 1024;

/// What happens on the line.
pub enum Wire {
    /// A driver opened the slave.
    Opened,
    /// The last driver closed it.
    Closed,
    /// A driver wrote.
    Bytes(Vec<u8>),
}

struct Line {
    master: OwnedFd,
    slave: OwnedFd,
    /// False from the last driver's close to the next open: what is written meanwhile is lost.
    open: AtomicBool,
    gone: AtomicBool,
}

enum Piece {
    Bytes(Vec<u8>),
    Pause(Duration),
}

/// A plugged-in line.
pub struct Port {
    line: Arc<Line>,
    link: PathBuf,
    outgoing: SyncSender<Piece>,
    threads: [JoinHandle<()>; 2],
}

impl Port {
    /// Opens a pty, points `link` at its slave, and reports to `sink` from background threads.
    pub fn plug<S>(link: &Path, sink: S) -> io::Result<Self>
    where
        S: Fn(Wire) + Clone + Send + 'static,
    {
        let master = pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        pty::grantpt(&master)?;
        pty::unlockpt(&master)?;
        let name = pty::ptsname(&master, Vec::new())?;
        let slave =
            pty::ioctl_tiocgptpeer(&master, OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        let mut raw = termios::tcgetattr(&slave)?;
        raw.make_raw();
        termios::tcsetattr(&slave, OptionalActions::Now, &raw)?;

        // Watched from after our own open, so that only drivers are counted.
        let opens = inotify::init(inotify::CreateFlags::CLOEXEC)?;
        let of_interest = inotify::WatchFlags::OPEN | inotify::WatchFlags::CLOSE;
        inotify::add_watch(&opens, name.as_c_str(), of_interest)?;
        remove_if_there(link)?;
        std::os::unix::fs::symlink(name.to_string_lossy().as_ref(), link)?;

        let line =
            Arc::new(Line { master, slave, open: AtomicBool::new(true), gone: AtomicBool::new(false) });
        let (outgoing, pieces) = mpsc::sync_channel(MAX_PIECES);
        let watched = Arc::downgrade(&line);
        let watcher_sink = sink.clone();
        thread::spawn(move || watch_opens(opens, &watched, watcher_sink));
        let reading = line.clone();
        let reader = thread::spawn(move || read_all(&reading, sink));
        let writing = line.clone();
        let writer = thread::spawn(move || write_all(&writing, &pieces));
        Ok(Self { line, link: link.to_owned(), outgoing, threads: [reader, writer] })
    }

    /// Queues bytes for the driver.
    pub fn write(&self, bytes: &[u8]) {
        for piece in bytes.chunks(PIECE_BYTES) {
            // A full queue loses the piece: see MAX_PIECES.
            let _ = self.outgoing.try_send(Piece::Bytes(piece.to_vec()));
        }
    }

    /// Queues silence, so that the driver's reads split here.
    pub fn pause(&self, time: Duration) {
        let _ = self.outgoing.try_send(Piece::Pause(time));
    }

    /// Pulls the plug: the link goes, the driver's end hangs up.
    pub fn unplug(self) -> io::Result<()> {
        remove_if_there(&self.link)?;
        self.line.gone.store(true, Ordering::SeqCst);
        drop(self.outgoing);
        // Room for a writer that is blocked on a full line, and a byte for the reader that waits for one.
        termios::tcflush(&self.line.slave, QueueSelector::IFlush)?;
        rustix::io::write(&self.line.slave, b"\n")?;
        for thread in self.threads {
            thread.join().map_err(|_| io::Error::other("a thread of the line panicked"))?;
        }
        Ok(())
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn read_all(line: &Line, sink: impl Fn(Wire)) {
    let mut bytes = [0; 4096];
    while let Ok(n) = rustix::io::read(&line.master, &mut bytes) {
        if n == 0 || line.gone.load(Ordering::SeqCst) {
            return;
        }
        // The news of an open may come later than the driver's first bytes.
        line.open.store(true, Ordering::SeqCst);
        sink(Wire::Bytes(bytes[..n].to_vec()));
    }
}

fn write_all(line: &Line, pieces: &Receiver<Piece>) {
    for piece in pieces {
        match piece {
            Piece::Pause(time) => thread::sleep(time),
            Piece::Bytes(bytes) => {
                let mut left = bytes.as_slice();
                while !left.is_empty() && line.open.load(Ordering::SeqCst) {
                    if line.gone.load(Ordering::SeqCst) {
                        return;
                    }
                    match rustix::io::write(&line.master, left) {
                        Ok(n) => left = &left[n..],
                        Err(_) => return,
                    }
                }
            }
        }
    }
}

fn watch_opens(opens: OwnedFd, line: &Weak<Line>, sink: impl Fn(Wire)) {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut reader = inotify::Reader::new(opens, &mut buffer);
    let mut drivers = 0_usize;
    while let Ok(event) = reader.next() {
        let what = event.events();
        let Some(line) = line.upgrade().filter(|line| !line.gone.load(Ordering::SeqCst)) else { return };
        if what.contains(inotify::ReadFlags::OPEN) {
            drivers += 1;
            line.open.store(true, Ordering::SeqCst);
            sink(Wire::Opened);
        } else if what.intersects(inotify::ReadFlags::CLOSE_WRITE | inotify::ReadFlags::CLOSE_NOWRITE) {
            drivers = drivers.saturating_sub(1);
            if drivers == 0 {
                line.open.store(false, Ordering::SeqCst);
                // Both only fail on a line that is being unplugged.
                let _ = termios::ioctl_tiocnxcl(&line.slave);
                let _ = termios::tcflush(&line.slave, QueueSelector::IFlush);
                sink(Wire::Closed);
            }
        } else {
            return;
        }
    }
}
