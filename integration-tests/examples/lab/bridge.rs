//! Carries bytes between the far end of a kernel driver and a simulator, unchanged.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// What the printer gadget takes in one request (USB_BUFSIZE of f_printer.c). A request that was read in part when the
/// device goes is used after it was freed, and stops the kernel (6.1).
const PIECE: usize = 8_192;
/// The printer gadget takes bytes from the bus only when a program tries to read, and wakes no reader after the host has
/// set its interface again. So ends are asked again and again.
const ASK_AGAIN: Duration = Duration::from_millis(5);

type End = Arc<OwnedFd>;

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

/// Ends when either end is gone, or when it is closed.
pub struct Bridge {
    hold_after: watch::Sender<u64>,
    tasks: [JoinHandle<io::Result<()>>; 2],
}

impl Bridge {
    pub fn new(chit: OwnedFd, far: OwnedFd) -> Self {
        let (chit, far) = (Arc::new(chit), Arc::new(far));
        let (hold_after, held) = watch::channel(u64::MAX);
        let (_, never_held) = watch::channel(u64::MAX);
        let tasks = [
            tokio::spawn(carry(chit.clone(), far.clone(), held)),
            tokio::spawn(carry(far, chit, never_held)),
        ];
        Self { hold_after, tasks }
    }

    /// Returns when both ends are closed; what was not handed over is lost with the cable.
    pub async fn close(self) {
        for task in self.tasks {
            task.abort();
            // How it ended does not matter any more.
            let _ = task.await;
        }
    }

    /// Hands over no more than so many bytes of Chit's, counted from the beginning, until another number is set.
    pub fn hold_after(&self, bytes: u64) {
        self.hold_after.send_replace(bytes);
    }
}

async fn carry(from: End, to: End, mut held: watch::Receiver<u64>) -> io::Result<()> {
    let mut carried = 0;
    let mut piece = [0; PIECE];
    loop {
        let len = read(&from, &mut piece).await?;
        if len == 0 {
            return Ok(());
        }
        let mut left = &piece[..len];
        while !left.is_empty() {
            // The sender is gone only with the whole bridge, or where nothing is ever held.
            let room = match held.wait_for(|limit| carried < *limit).await {
                Ok(limit) => usize::try_from(*limit - carried).unwrap_or(usize::MAX),
                Err(_never_held) => usize::MAX,
            };
            let written = write(&to, &left[..left.len().min(room)]).await?;
            carried += written as u64;
            left = &left[written..];
        }
    }
}

async fn read(from: &End, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match rustix::io::read(from, &mut *into) {
            Err(Errno::AGAIN | Errno::NODEV) => sleep(ASK_AGAIN).await,
            ended => return Ok(ended?),
        }
    }
}

async fn write(to: &End, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match rustix::io::write(to, bytes) {
            Err(Errno::AGAIN | Errno::NODEV) => sleep(ASK_AGAIN).await,
            ended => return Ok(ended?),
        }
    }
}
