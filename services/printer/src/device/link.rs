//! A way to a printer. One owner opens it, writes whole jobs and reads every answer.

use std::future::Future;
use std::io;

use tokio::io::{AsyncRead, AsyncWrite};

pub trait PrinterLink: Send + 'static {
    type Reader: AsyncRead + Unpin + Send + 'static;
    type Writer: AsyncWrite + Unpin + Send + Sync + 'static;

    /// Opens the link afresh; every earlier reader and writer of it is gone.
    fn open(&self) -> impl Future<Output = io::Result<(Self::Reader, Self::Writer)>> + Send;

    /// Others on the shop's network could read what is sent.
    fn is_network(&self) -> bool;

    /// A printer with a full buffer can make the sender wait.
    fn holds_back(&self) -> bool;

    /// For people, e.g. "tcp 127.0.0.1:9100".
    fn name(&self) -> String;

    /// A printer out of paper stops taking bytes for as long as a person needs; a fit one does not.
    fn expect_stalls(&self, writer: &Self::Writer, stalls: bool);

    /// Ends when the printer is there again after it was unplugged, so that the next try comes at once. Never, on
    /// links without such an event.
    fn returned(&self) -> impl Future<Output = ()> + Send {
        std::future::pending()
    }
}
