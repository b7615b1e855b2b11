//! A character device as a pair of async ends: non-blocking reads and writes that wait for POLLIN and POLLOUT.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// usblp answers a read with nothing when the printer had nothing to say; asking again at once would spin.
const NOTHING_WAIT: Duration = Duration::from_millis(50);

pub fn open(path: &Path) -> io::Result<(Reader, Writer)> {
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::empty())?;
    #[expect(deprecated, reason = "its successor is unsafe; an OwnedFd stays open while it is registered")]
    let file = Arc::new(AsyncFd::new(file)?);
    Ok((Reader { file: Arc::clone(&file), pause: None }, Writer { file }))
}

pub struct Reader {
    file: Arc<AsyncFd<OwnedFd>>,
    pause: Option<Pin<Box<Sleep>>>,
}

pub struct Writer {
    file: Arc<AsyncFd<OwnedFd>>,
}

impl AsyncRead for Reader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            let file = Arc::clone(&self.file);
            let mut guard = ready!(file.poll_read_ready(cx))?;
            let gone = guard.ready().is_read_closed();
            let space = buf.initialize_unfilled();
            match guard.try_io(|file| rustix::io::read(file, &mut *space).map_err(io::Error::from)) {
                Ok(Ok(0)) if gone => return Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
                Ok(Ok(0)) => self.pause = Some(Box::pin(sleep(NOTHING_WAIT))),
                Ok(Ok(len)) => {
                    buf.advance(len);
                    return Poll::Ready(Ok(()));
                }
                Ok(Err(error)) => return Poll::Ready(Err(error)),
                Err(_would_block) => {}
            }
        }
    }
}

impl AsyncWrite for Writer {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let mut guard = ready!(self.file.poll_write_ready(cx))?;
            match guard.try_io(|file| rustix::io::write(file, bytes).map_err(io::Error::from)) {
                Ok(written) => return Poll::Ready(written),
                Err(_would_block) => {}
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
