//! The two bulk endpoints of a printer as async ends. A write is done when the printer has taken its bytes, so that
//! what is counted as sent when the cable is pulled did leave this machine.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use nusb::Endpoint;
use nusb::transfer::{Buffer, Bulk, In, Out, TransferError};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// Bytes of one transfer: a TM printer's receive buffer.
const PIECE: usize = 4_096;
/// Packets of one answer; a printer's answers are few and short.
const ANSWER_PACKETS: usize = 4;
/// Some printers answer a read with an empty packet when they have nothing to say; asking again at once would spin.
const NOTHING_WAIT: Duration = Duration::from_millis(50);

/// Transfers to the printer; one at a time.
pub trait Sending: Unpin + Send + Sync + 'static {
    fn begin(&mut self, bytes: &[u8]);
    /// Bytes that the printer took, and how the transfer ended. Called only after `begin`.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<(usize, Result<(), TransferError>)>;
}

/// Transfers from the printer; one at a time.
pub trait Receiving: Unpin + Send + 'static {
    fn begin(&mut self);
    /// What the printer said, and how the transfer ended. Called only after `begin`.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<(Vec<u8>, Result<(), TransferError>)>;
}

impl Sending for Endpoint<Bulk, Out> {
    fn begin(&mut self, bytes: &[u8]) {
        self.submit(Buffer::from(bytes));
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<(usize, Result<(), TransferError>)> {
        self.poll_next_complete(cx).map(|ended| (ended.actual_len, ended.status))
    }
}

impl Receiving for Endpoint<Bulk, In> {
    fn begin(&mut self) {
        let buffer = Buffer::new(self.max_packet_size() * ANSWER_PACKETS);
        self.submit(buffer);
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<(Vec<u8>, Result<(), TransferError>)> {
        self.poll_next_complete(cx).map(|ended| (ended.buffer[..ended.actual_len].to_vec(), ended.status))
    }
}

pub struct Writer<P> {
    pipe: P,
    /// On its way to the printer; a caller that stopped waiting comes back with the same bytes.
    under_way: Vec<u8>,
    failed: Option<TransferError>,
}

impl<P> Writer<P> {
    pub fn new(pipe: P) -> Self {
        Self { pipe, under_way: Vec::new(), failed: None }
    }
}

impl<P: Sending> AsyncWrite for Writer<P> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(error) = self.failed {
            return Poll::Ready(Err(explain(error)));
        }
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        if self.under_way.is_empty() {
            let piece = &bytes[..bytes.len().min(PIECE)];
            self.pipe.begin(piece);
            self.under_way = piece.to_vec();
        } else if !bytes.starts_with(&self.under_way) {
            let why = "other bytes are on their way to the printer";
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidInput, why)));
        }
        let (taken, ended) = ready!(self.pipe.poll_end(cx));
        self.under_way.clear();
        self.failed = ended.err();
        match self.failed {
            Some(error) if taken == 0 => Poll::Ready(Err(explain(error))),
            _ => Poll::Ready(Ok(taken)),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

pub struct Reader<P> {
    /// None: a printer that never answers.
    pipe: Option<P>,
    begun: bool,
    left: Vec<u8>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl<P> Reader<P> {
    pub fn new(pipe: Option<P>) -> Self {
        Self { pipe, begun: false, left: Vec::new(), pause: None }
    }
}

impl<P: Receiving> AsyncRead for Reader<P> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { pipe, begun, left, pause } = &mut *self;
        let Some(pipe) = pipe else { return Poll::Pending };
        loop {
            if !left.is_empty() {
                let len = left.len().min(buf.remaining());
                buf.put_slice(&left[..len]);
                left.drain(..len);
                return Poll::Ready(Ok(()));
            }
            if let Some(waiting) = pause {
                ready!(waiting.as_mut().poll(cx));
                *pause = None;
            }
            if !*begun {
                pipe.begin();
                *begun = true;
            }
            let (bytes, ended) = ready!(pipe.poll_end(cx));
            *begun = false;
            match ended {
                // What it said before the error counts; the next transfer meets the error again.
                Err(error) if bytes.is_empty() => return Poll::Ready(Err(explain(error))),
                _ if bytes.is_empty() => *pause = Some(Box::pin(sleep(NOTHING_WAIT))),
                _ => *left = bytes,
            }
        }
    }
}

/// Every one of them ends the session: a stall too, because the bytes behind it may be lost. Claiming the interface
/// anew clears it (USB 2.0, 9.4.5).
fn explain(error: TransferError) -> io::Error {
    match error {
        TransferError::Disconnected => {
            io::Error::new(io::ErrorKind::NotConnected, "the printer was unplugged or switched off")
        }
        TransferError::Stall => {
            io::Error::new(io::ErrorKind::ConnectionReset, "the printer stalled its endpoint")
        }
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;
    use std::future::poll_fn;
    use std::sync::{Arc, Mutex};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    type Ends = Arc<Mutex<VecDeque<(usize, Result<(), TransferError>)>>>;

    /// Takes what its script says; pending while the script is empty.
    #[derive(Clone, Default)]
    struct Bus {
        begun: Arc<Mutex<Vec<Vec<u8>>>>,
        ends: Ends,
    }

    impl Sending for Bus {
        fn begin(&mut self, bytes: &[u8]) {
            self.begun.lock().unwrap().push(bytes.to_vec());
        }

        fn poll_end(&mut self, _: &mut Context<'_>) -> Poll<(usize, Result<(), TransferError>)> {
            self.ends.lock().unwrap().pop_front().map_or(Poll::Pending, Poll::Ready)
        }
    }

    #[derive(Default)]
    struct Answers(VecDeque<(Vec<u8>, Result<(), TransferError>)>);

    impl Receiving for Answers {
        fn begin(&mut self) {}

        fn poll_end(&mut self, _: &mut Context<'_>) -> Poll<(Vec<u8>, Result<(), TransferError>)> {
            self.0.pop_front().map_or(Poll::Pending, Poll::Ready)
        }
    }

    #[tokio::test]
    async fn bytes_count_as_sent_when_the_printer_has_taken_them_and_are_never_sent_twice() {
        let bus = Bus::default();
        let mut writer = Writer::new(bus.clone());
        let paper = vec![0x55; PIECE + 10];
        // The caller stops waiting, as the session does when an answer comes in between.
        let gave_up = poll_fn(|cx| Poll::Ready(Pin::new(&mut writer).poll_write(cx, &paper).is_pending()));
        assert!(gave_up.await);
        bus.ends.lock().unwrap().extend([(PIECE, Ok(())), (10, Ok(()))]);
        writer.write_all(&paper).await.unwrap();
        let begun: Vec<usize> = bus.begun.lock().unwrap().iter().map(Vec::len).collect();
        assert_eq!(begun, [PIECE, 10]);
    }

    #[tokio::test]
    async fn an_unplugged_printer_is_an_error_behind_the_bytes_it_took() {
        let bus = Bus::default();
        let mut writer = Writer::new(bus.clone());
        bus.ends.lock().unwrap().push_back((64, Err(TransferError::Disconnected)));
        assert_eq!(writer.write(&[0; 200]).await.unwrap(), 64);
        let error = writer.write(&[0; 136]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotConnected);
        assert_eq!(bus.begun.lock().unwrap().len(), 1, "nothing is sent after an error");

        let said = [(vec![0x12, 0x14], Ok(())), (vec![], Err(TransferError::Disconnected))];
        let mut reader = Reader::new(Some(Answers(said.into())));
        assert_eq!(reader.read_u8().await.unwrap(), 0x12);
        assert_eq!(reader.read_u8().await.unwrap(), 0x14);
        assert_eq!(reader.read_u8().await.unwrap_err().kind(), io::ErrorKind::NotConnected);
    }

    #[tokio::test]
    async fn an_empty_packet_is_not_the_end_and_a_mute_printer_says_nothing() {
        let said = [(vec![], Ok(())), (vec![0x16], Ok(()))];
        let mut reader = Reader::new(Some(Answers(said.into())));
        assert_eq!(reader.read_u8().await.unwrap(), 0x16);
        let mut mute = Reader::<Answers>::new(None);
        let waits = poll_fn(|cx| {
            let mut byte = [0];
            let mut buf = ReadBuf::new(&mut byte);
            Poll::Ready(Pin::new(&mut mute).poll_read(cx, &mut buf).is_pending())
        });
        assert!(waits.await);
    }
}
