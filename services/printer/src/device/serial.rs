//! Printers on a serial line. Bytes go out in small pieces, so that what the kernel has taken is near to what the
//! printer has taken, and flow control stops it soon.
//!
//! XON/XOFF and RTS/CTS are the kernel's. DTR/DSR, which Epson's printers are set to, it does not know: here the line
//! is looked at before each piece, and a piece is small enough for what a busy printer still takes.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use serialport::{SerialPort as _, TTYPort};
use tokio::io::{AsyncWrite, ReadHalf, WriteHalf};
use tokio::time::{Sleep, sleep};
use tokio_serial::SerialStream;

use super::link::PrinterLink;

/// Bytes of one write.
const PIECE: usize = 256;
/// Bytes of one write under DTR/DSR: Epson's printers turn busy with 128 bytes of room left.
const DSR_PIECE: usize = 64;
/// A piece takes 17 ms at 38,400 baud; no event announces a change of the line.
const LINE_LOOK: Duration = Duration::from_millis(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Safe with status bytes: none of them is 11h or 13h. The kernel obeys and swallows XON and XOFF.
    XonXoff,
    RtsCts,
    /// The printer's DTR is this machine's DSR.
    DtrDsr,
    None,
}

#[derive(Debug, Clone)]
pub struct SerialLink {
    pub path: PathBuf,
    pub baud: u32,
    pub flow: Flow,
}

/// Who says when the next piece may go.
pub trait Handshake: Unpin + Send + Sync + 'static {
    fn may_send(&mut self) -> io::Result<bool>;
    fn piece(&self) -> usize;
}

/// The printer's busy line, or none where the kernel minds it.
pub struct BusyLine(Option<TTYPort>);

impl Handshake for BusyLine {
    fn may_send(&mut self) -> io::Result<bool> {
        let Some(port) = &mut self.0 else { return Ok(true) };
        // What the kernel still holds would run into a printer that has just turned busy.
        Ok(port.read_data_set_ready()? && port.bytes_to_write()? == 0)
    }

    fn piece(&self) -> usize {
        if self.0.is_some() { DSR_PIECE } else { PIECE }
    }
}

pub struct Pieces<W, H> {
    line: W,
    handshake: H,
    pause: Option<Pin<Box<Sleep>>>,
}

impl SerialLink {
    fn open_port(&self) -> io::Result<(SerialStream, BusyLine)> {
        let flow = match self.flow {
            Flow::XonXoff => tokio_serial::FlowControl::Software,
            Flow::RtsCts => tokio_serial::FlowControl::Hardware,
            Flow::DtrDsr | Flow::None => tokio_serial::FlowControl::None,
        };
        let builder = tokio_serial::new(self.path.to_string_lossy(), self.baud).flow_control(flow);
        if self.flow != Flow::DtrDsr {
            return Ok((SerialStream::open(&builder)?, BusyLine(None)));
        }
        let mut port = TTYPort::open(&builder)?;
        // The other half of the handshake: answers are always taken.
        port.write_data_terminal_ready(true)?;
        let line = port.try_clone_native()?;
        Ok((SerialStream::try_from(port)?, BusyLine(Some(line))))
    }
}

impl PrinterLink for SerialLink {
    type Reader = ReadHalf<SerialStream>;
    type Writer = Pieces<WriteHalf<SerialStream>, BusyLine>;

    async fn open(&self) -> io::Result<(Self::Reader, Self::Writer)> {
        let (stream, handshake) = self.open_port()?;
        let (reader, line) = tokio::io::split(stream);
        Ok((reader, Pieces { line, handshake, pause: None }))
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
    fn expect_stalls(&self, _: &Self::Writer, _: bool) {}
}

impl<W: AsyncWrite + Unpin, H: Handshake> AsyncWrite for Pieces<W, H> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Self { line, handshake, pause } = &mut *self;
        loop {
            if let Some(waiting) = pause {
                ready!(waiting.as_mut().poll(cx));
                *pause = None;
            }
            if handshake.may_send()? {
                break;
            }
            *pause = Some(Box::pin(sleep(LINE_LOOK)));
        }
        Pin::new(line).poll_write(cx, &bytes[..bytes.len().min(handshake.piece())])
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
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

    /// A pseudo-terminal has no such line.
    struct Busy(Arc<AtomicBool>);

    impl Handshake for Busy {
        fn may_send(&mut self) -> io::Result<bool> {
            Ok(!self.0.load(Ordering::SeqCst))
        }

        fn piece(&self) -> usize {
            DSR_PIECE
        }
    }

    #[tokio::test]
    async fn a_busy_line_holds_the_next_piece_back_until_it_is_free() {
        let (line, mut far) = tokio::io::duplex(1_024);
        let busy = Arc::new(AtomicBool::new(false));
        let mut writer = Pieces { line, handshake: Busy(Arc::clone(&busy)), pause: None };
        assert_eq!(writer.write(&[0x55; 200]).await.unwrap(), DSR_PIECE);
        busy.store(true, Ordering::SeqCst);
        let held = tokio::time::timeout(LINE_LOOK * 5, writer.write(&[0x55; 200])).await;
        assert!(held.is_err(), "{held:?}");
        busy.store(false, Ordering::SeqCst);
        writer.write_all(&[0x66; 100]).await.unwrap();
        let mut heard = [0; DSR_PIECE + 100];
        far.read_exact(&mut heard).await.unwrap();
        assert_eq!(heard[DSR_PIECE..], [0x66; 100], "nothing of the held piece left");
    }

    #[tokio::test]
    async fn a_port_without_the_line_is_an_error_and_not_a_printer_that_is_never_busy() {
        let (_far, near) = TTYPort::pair().unwrap();
        let path = PathBuf::from(near.name().unwrap());
        let link = SerialLink { path, baud: 38_400, flow: Flow::DtrDsr };
        assert!(link.open().await.is_err());
    }
}
