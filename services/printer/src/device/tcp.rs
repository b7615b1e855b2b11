//! Printers on TCP port 9100 ("raw"): one client at a time, no framing, the printer's buffer is the window.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::link::PrinterLink;

/// Sent bytes that stay unacknowledged for this long mean that the printer is gone (TCP_USER_TIMEOUT, RFC 5482).
const UNACKNOWLEDGED_MAX_MS: u32 = 3_000;
/// The system's default: probes of a closed window are answered, so a printer that waits for paper is alive.
const UNACKNOWLEDGED_ANY: u32 = 0;

#[derive(Debug, Clone)]
pub struct TcpLink {
    pub address: String,
    pub connect_timeout: Duration,
}

impl PrinterLink for TcpLink {
    type Reader = OwnedReadHalf;
    type Writer = OwnedWriteHalf;

    async fn open(&self) -> io::Result<(OwnedReadHalf, OwnedWriteHalf)> {
        let stream =
            tokio::time::timeout(self.connect_timeout, TcpStream::connect(&self.address)).await.map_err(
                |_| io::Error::new(io::ErrorKind::TimedOut, "no answer to the connection request"),
            )??;
        // A receipt is one write; waiting to fill a segment would only hold back its tail and the fence.
        stream.set_nodelay(true)?;
        rustix::net::sockopt::set_tcp_user_timeout(&stream, UNACKNOWLEDGED_MAX_MS)?;
        Ok(stream.into_split())
    }

    fn is_network(&self) -> bool {
        true
    }

    fn holds_back(&self) -> bool {
        true
    }

    fn name(&self) -> String {
        format!("tcp {}", self.address)
    }

    /// TCP_USER_TIMEOUT also ends a connection whose window stays closed, which paper-out does for minutes.
    fn expect_stalls(&self, writer: &OwnedWriteHalf, stalls: bool) {
        let limit = if stalls { UNACKNOWLEDGED_ANY } else { UNACKNOWLEDGED_MAX_MS };
        if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(writer.as_ref(), limit) {
            tracing::debug!(%error, "cannot change TCP_USER_TIMEOUT");
        }
    }
}
