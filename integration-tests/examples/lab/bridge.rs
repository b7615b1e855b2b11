//! Carries bytes between the far end of a kernel driver and a simulator, unchanged.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{Mode, OFlags};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use tokio::io::unix::AsyncFd;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// As a printer's receive buffer is filled: in small pieces, so that `hold_after` stops near its number.
const PIECE: usize = 512;

type End = Arc<AsyncFd<OwnedFd>>;

/// A character device. A terminal is set to raw: the wire carries bytes, not lines.
pub fn device(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::empty())?;
    if let Ok(mut mode) = tcgetattr(&file) {
        mode.make_raw();
        tcsetattr(&file, OptionalActions::Now, &mode)?;
    }
    Ok(file)
}

/// Ends when it is dropped, or when either end is gone.
pub struct Bridge {
    hold_after: watch::Sender<u64>,
    tasks: [JoinHandle<io::Result<()>>; 2],
}

impl Bridge {
    pub fn new(chit: OwnedFd, far: OwnedFd) -> io::Result<Self> {
        let (chit, far) = (end(chit)?, end(far)?);
        let (hold_after, held) = watch::channel(u64::MAX);
        let (_, never_held) = watch::channel(u64::MAX);
        let tasks = [
            tokio::spawn(carry(chit.clone(), far.clone(), held)),
            tokio::spawn(carry(far, chit, never_held)),
        ];
        Ok(Self { hold_after, tasks })
    }

    /// Takes no more than so many bytes from Chit, counted from the beginning, until another number is set.
    pub fn hold_after(&self, bytes: u64) {
        self.hold_after.send_replace(bytes);
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

fn end(file: OwnedFd) -> io::Result<End> {
    #[expect(deprecated, reason = "its successor is unsafe; an OwnedFd stays open while it is registered")]
    Ok(Arc::new(AsyncFd::new(file)?))
}

async fn carry(from: End, to: End, mut held: watch::Receiver<u64>) -> io::Result<()> {
    let mut carried = 0;
    let mut piece = [0; PIECE];
    loop {
        // The sender is gone only with the whole bridge, or where nothing is ever held.
        let room = match held.wait_for(|limit| carried < *limit).await {
            Ok(limit) => (*limit - carried).min(PIECE as u64) as usize,
            Err(_never_held) => PIECE,
        };
        let len = read(&from, &mut piece[..room]).await?;
        if len == 0 {
            return Ok(());
        }
        carried += len as u64;
        let mut left = &piece[..len];
        while !left.is_empty() {
            let written = write(&to, left).await?;
            left = &left[written..];
        }
    }
}

async fn read(from: &End, into: &mut [u8]) -> io::Result<usize> {
    loop {
        let mut ready = from.readable().await?;
        if let Ok(read) = ready.try_io(|from| rustix::io::read(from, &mut *into).map_err(io::Error::from)) {
            return read;
        }
    }
}

async fn write(to: &End, bytes: &[u8]) -> io::Result<usize> {
    loop {
        let mut ready = to.writable().await?;
        if let Ok(written) = ready.try_io(|to| rustix::io::write(to, bytes).map_err(io::Error::from)) {
            return written;
        }
    }
}
