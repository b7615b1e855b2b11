//! A connection that counts: it holds its place among those allowed at a time until it is closed. Without a limit,
//! any host in the network could use up the process's descriptors, and accept(2) would fail for every caller.

use std::any::Any;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tonic::transport::server::{Connected, TcpConnectInfo};

/// What a connection holds, let go when it is closed.
type Kept = Arc<OnceLock<Box<dyn Any + Send + Sync>>>;

/// A connection and what it holds until it is closed.
pub struct Held {
    io: TcpStream,
    _kept: Kept,
}

/// Gives a connection what it holds, when that is known: after its handshake.
pub(crate) struct Place(Kept);

impl Held {
    pub(crate) fn new(io: TcpStream) -> (Self, Place) {
        let kept = Kept::default();
        (Self { io, _kept: kept.clone() }, Place(kept))
    }
}

impl Place {
    /// Once; the connection lets it go.
    pub(crate) fn keep(self, held: Box<dyn Any + Send + Sync>) {
        let _first = self.0.set(held);
    }
}

impl Connected for Held {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.io.connect_info()
    }
}

impl AsyncRead for Held {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Held {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
