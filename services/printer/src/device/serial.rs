//! Printers on a serial line. Bytes go out in small pieces, so that what the kernel has taken is near to what the
//! printer has taken, and flow control (XON/XOFF or RTS/CTS) stops it soon.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncWrite, ReadHalf, WriteHalf};
use tokio_serial::SerialStream;

use super::link::PrinterLink;

/// Bytes of one write.
const PIECE: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Safe with status bytes: none of them is 11h or 13h. The kernel obeys and swallows XON and XOFF.
    XonXoff,
    RtsCts,
    None,
}

#[derive(Debug, Clone)]
pub struct SerialLink {
    pub path: PathBuf,
    pub baud: u32,
    pub flow: Flow,
}

pub struct Pieces(WriteHalf<SerialStream>);

impl PrinterLink for SerialLink {
    type Reader = ReadHalf<SerialStream>;
    type Writer = Pieces;

    async fn open(&self) -> io::Result<(ReadHalf<SerialStream>, Pieces)> {
        let flow = match self.flow {
            Flow::XonXoff => tokio_serial::FlowControl::Software,
            Flow::RtsCts => tokio_serial::FlowControl::Hardware,
            Flow::None => tokio_serial::FlowControl::None,
        };
        let builder = tokio_serial::new(self.path.to_string_lossy(), self.baud).flow_control(flow);
        let stream = SerialStream::open(&builder)?;
        let (reader, writer) = tokio::io::split(stream);
        Ok((reader, Pieces(writer)))
    }

    fn is_network(&self) -> bool {
        false
    }

    fn holds_back(&self) -> bool {
        self.flow != Flow::None
    }

    fn name(&self) -> String {
        format!("serial {} {}", self.path.display(), self.baud)
    }

    /// Flow control holds bytes back for as long as a person needs; nothing times that out here.
    fn expect_stalls(&self, _: &Pieces, _: bool) {}
}

impl AsyncWrite for Pieces {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, &bytes[..bytes.len().min(PIECE)])
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serialport::{SerialPort as _, TTYPort};
    use std::io::{Read as _, Write as _};
    use std::time::Duration;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn a_paper_goes_in_pieces_and_answers_come_back() {
        let (mut far, near) = TTYPort::pair().unwrap();
        far.set_timeout(Duration::from_secs(10)).unwrap();
        let path = PathBuf::from(near.name().unwrap());
        let link = SerialLink { path, baud: 115_200, flow: Flow::XonXoff };
        let (mut reader, mut writer) = link.open().await.unwrap();
        let paper = [0x55; 1000];
        assert_eq!(writer.write(&paper).await.unwrap(), PIECE);
        writer.write_all(&paper[PIECE..]).await.unwrap();
        let mut heard = [0; 1000];
        far.read_exact(&mut heard).unwrap();
        assert_eq!(heard, paper);
        // XOFF and XON are the kernel's business; the status byte between them is ours.
        far.write_all(&[0x13, 0x12, 0x11]).unwrap();
        assert_eq!(reader.read_u8().await.unwrap(), 0x12);
        drop(near);
    }
}
