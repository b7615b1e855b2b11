//! Between the service and emupos: what emupos lacks (process ids, clearing of buffers, a small buffer at the paper's
//! pace) and what goes wrong in shops (a link cut at some byte, a printer that never reads, late or stray status).

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// `GS ( H` fn 48 without its four characters.
const PROCESS_ID: &[u8] = &[0x1d, 0x28, 0x48, 6, 0, 48, 48];
/// `DLE DC4` fn 8.
const CLEAR: &[u8] = &[0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8];
/// `GS I 66`, which the service never asks: emupos answers the maker's name when all before it is printed.
const MARK: &[u8] = &[0x1d, 0x49, 66];
const MARK_ANSWER: &[u8] = b"_EPSON\0";
const CLEARED: &[u8] = &[0x37, 0x25, 0];
const READ_LEN: usize = 1_024;
/// The far printer is on this machine.
const DRAIN_MAX: Duration = Duration::from_secs(10);

#[derive(Debug, Clone)]
pub struct Knobs {
    /// The link is reset after this many more bytes of the service.
    pub cut_after: Option<u64>,
    pub knows_process_ids: bool,
    pub knows_clear: bool,
    pub never_reads: bool,
    /// Every answer is this late.
    pub late: Duration,
    /// Said once, with the next answer.
    pub stray: Vec<u8>,
    /// Bytes that wait for the paper; a TM printer has 4 KB.
    pub buffer_bytes: usize,
    /// Bytes put on paper in a millisecond; 0: any number.
    pub bytes_per_ms: usize,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            cut_after: None,
            knows_process_ids: true,
            knows_clear: true,
            never_reads: false,
            late: Duration::ZERO,
            stray: Vec::new(),
            buffer_bytes: 4_096,
            bytes_per_ms: 0,
        }
    }
}

#[derive(Clone)]
pub struct Proxy {
    pub address: SocketAddr,
    knobs: Arc<Mutex<Knobs>>,
}

impl Proxy {
    /// One client at a time, as printers have it; the next one is taken when the far printer is done with the last.
    pub async fn start(printer: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let proxy = Self { address: listener.local_addr()?, knobs: Arc::default() };
        let serving = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // A printer that refuses, or a client that is gone: the next one may have more luck.
                let _ = serving.serve(client, printer).await;
            }
        });
        Ok(proxy)
    }

    pub fn knobs(&self) -> MutexGuard<'_, Knobs> {
        self.knobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(&self, client: TcpStream, printer: SocketAddr) -> anyhow::Result<()> {
        client.set_nodelay(true)?;
        let upstream = TcpStream::connect(printer).await?;
        upstream.set_nodelay(true)?;
        let (mut from_client, to_client) = client.into_split();
        let (from_printer, to_printer) = upstream.into_split();
        let to_client = Arc::new(tokio::sync::Mutex::new(to_client));
        let buffer = Arc::new(Buffer::default());
        let answers =
            tokio::spawn(self.clone().answer(from_printer, Arc::clone(&to_client), Arc::clone(&buffer)));
        let printing = tokio::spawn(self.clone().print(to_printer, Arc::clone(&buffer)));
        let cut = self.take(&mut from_client, &to_client, &buffer).await;
        buffer.close();
        if cut {
            // A reset, as of a cable that was pulled: what is on its way is lost.
            let _ = reset_on_close(&from_client);
        }
        drop((from_client, to_client));
        let _ = printing.await;
        // The far printer closes when it has put away the paper it had begun.
        let _ = tokio::time::timeout(DRAIN_MAX, answers).await;
        Ok(())
    }

    /// Takes the service's bytes into the buffer; true if the link is to be cut.
    async fn take(
        &self,
        from_client: &mut OwnedReadHalf,
        to_client: &tokio::sync::Mutex<OwnedWriteHalf>,
        buffer: &Buffer,
    ) -> bool {
        let mut scan = Scan::default();
        let mut bytes = [0; READ_LEN];
        loop {
            let limit = {
                let knobs = self.knobs();
                if knobs.never_reads { None } else { Some((knobs.cut_after, knobs.buffer_bytes)) }
            };
            let Some((cut_after, room)) = limit else {
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            };
            buffer.wait_for_room(room).await;
            let len = cut_after.map_or(READ_LEN, |left| (left as usize).clamp(1, READ_LEN));
            let Ok(len @ 1..) = from_client.read(&mut bytes[..len]).await else {
                buffer.push(scan.rest());
                return false;
            };
            let knobs = self.knobs().clone();
            for piece in scan.feed(&bytes[..len], &knobs) {
                match piece {
                    Piece::Clear => {
                        buffer.clear();
                        self.say(to_client, CLEARED).await;
                    }
                    piece => buffer.push([piece]),
                }
            }
            if self.is_cut_by(len as u64) {
                buffer.push(scan.rest());
                return true;
            }
        }
    }

    /// Counts the service's bytes towards the cut.
    fn is_cut_by(&self, bytes: u64) -> bool {
        let mut knobs = self.knobs();
        let Some(left) = &mut knobs.cut_after else { return false };
        *left = left.saturating_sub(bytes);
        let cut = *left == 0;
        if cut {
            knobs.cut_after = None;
        }
        cut
    }

    /// Puts the buffer on paper.
    async fn print(self, mut to_printer: OwnedWriteHalf, buffer: Arc<Buffer>) {
        while let Some(piece) = buffer.next().await {
            let pace = self.knobs().bytes_per_ms;
            let written = match piece {
                Piece::Data(bytes) => {
                    if let Some(ms) = bytes.len().checked_div(pace) {
                        tokio::time::sleep(Duration::from_millis(ms as u64)).await;
                    }
                    to_printer.write_all(&bytes).await
                }
                Piece::Id(id) => {
                    buffer.ask(id);
                    to_printer.write_all(MARK).await
                }
                Piece::Clear => Ok(()),
            };
            if written.is_err() {
                return;
            }
        }
        let _ = to_printer.shutdown().await;
    }

    /// Hands the printer's answers on; the answer to a mark becomes the process id's.
    async fn answer(
        self,
        mut from_printer: OwnedReadHalf,
        to_client: Arc<tokio::sync::Mutex<OwnedWriteHalf>>,
        buffer: Arc<Buffer>,
    ) {
        let (mut bytes, mut held) = ([0; READ_LEN], Vec::new());
        while let Ok(len @ 1..) = from_printer.read(&mut bytes).await {
            let mut out = Vec::new();
            for byte in &bytes[..len] {
                held.push(*byte);
                if held == MARK_ANSWER {
                    held.clear();
                    if let Some(id) = buffer.asked() {
                        out.extend([&[0x37, 0x22][..], &id, &[0]].concat());
                    }
                } else if !MARK_ANSWER.starts_with(&held) {
                    out.append(&mut held);
                }
            }
            self.say(&to_client, &out).await;
        }
    }

    async fn say(&self, to_client: &tokio::sync::Mutex<OwnedWriteHalf>, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let (late, stray) = {
            let mut knobs = self.knobs();
            (knobs.late, std::mem::take(&mut knobs.stray))
        };
        if !late.is_zero() {
            tokio::time::sleep(late).await;
        }
        // A client that is gone hears nothing.
        let _ = to_client.lock().await.write_all(&[stray.as_slice(), bytes].concat()).await;
    }
}

/// SO_LINGER of 0: close() sends a reset.
fn reset_on_close(from_client: &OwnedReadHalf) -> rustix::io::Result<()> {
    rustix::net::sockopt::set_socket_linger(from_client.as_ref(), Some(Duration::ZERO))
}

#[derive(Debug)]
enum Piece {
    Data(Vec<u8>),
    Id([u8; 4]),
    Clear,
}

/// Finds the two commands that emupos does not know, wherever reads cut them.
#[derive(Default)]
struct Scan(Vec<u8>);

impl Scan {
    fn feed(&mut self, bytes: &[u8], knobs: &Knobs) -> Vec<Piece> {
        let (mut pieces, mut data) = (Vec::new(), Vec::new());
        for byte in bytes {
            self.0.push(*byte);
            let id_len = PROCESS_ID.len() + 4;
            if self.0.starts_with(PROCESS_ID) && self.0.len() == id_len {
                let id = [self.0[id_len - 4], self.0[id_len - 3], self.0[id_len - 2], self.0[id_len - 1]];
                pieces.push(Piece::Data(std::mem::take(&mut data)));
                pieces.extend(knobs.knows_process_ids.then_some(Piece::Id(id)));
                self.0.clear();
            } else if self.0 == CLEAR {
                if knobs.knows_clear {
                    data.clear();
                    pieces.clear();
                    pieces.push(Piece::Clear);
                }
                self.0.clear();
            }
            while !(self.0.is_empty() || is_begin(&self.0)) {
                data.push(self.0.remove(0));
            }
        }
        if !data.is_empty() {
            pieces.push(Piece::Data(data));
        }
        pieces
    }

    /// What a cut link leaves behind.
    fn rest(&mut self) -> Option<Piece> {
        let rest = std::mem::take(&mut self.0);
        (!rest.is_empty()).then_some(Piece::Data(rest))
    }
}

fn is_begin(bytes: &[u8]) -> bool {
    let of_id = bytes.len() < PROCESS_ID.len() + 4
        && bytes.iter().zip(PROCESS_ID).all(|(byte, wanted)| byte == wanted);
    of_id || CLEAR.starts_with(bytes)
}

/// The printer's receive buffer.
#[derive(Default)]
struct Buffer {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Piece>,
    asked: VecDeque<[u8; 4]>,
    closed: bool,
}

impl Buffer {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, pieces: impl IntoIterator<Item = Piece>) {
        self.lock().waiting.extend(pieces);
        self.changed.notify_waiters();
    }

    fn clear(&self) {
        self.lock().waiting.clear();
        self.changed.notify_waiters();
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_waiters();
    }

    fn ask(&self, id: [u8; 4]) {
        self.lock().asked.push_back(id);
    }

    fn asked(&self) -> Option<[u8; 4]> {
        self.lock().asked.pop_front()
    }

    /// The next piece; none when the link is gone and all is on paper.
    async fn next(&self) -> Option<Piece> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            {
                let mut state = self.lock();
                if let Some(piece) = state.waiting.pop_front() {
                    drop(state);
                    self.changed.notify_waiters();
                    return Some(piece);
                }
                if state.closed {
                    return None;
                }
            }
            changed.await;
        }
    }

    async fn wait_for_room(&self, bytes_max: usize) {
        let used = |state: &State| -> usize {
            state.waiting.iter().map(|piece| if let Piece::Data(data) = piece { data.len() } else { 0 }).sum()
        };
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if used(&self.lock()) < bytes_max {
                return;
            }
            changed.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_wherever_a_read_cuts_them() {
        let stream = [b"ab\x1d\x28\x48\x06\x00\x30\x30A7Z1\x1dr\x01".as_slice(), CLEAR, b"x"].concat();
        for at in 0..=stream.len() {
            let (mut scan, knobs) = (Scan::default(), Knobs::default());
            let mut told = String::new();
            for part in [&stream[..at], &stream[at..]] {
                for piece in scan.feed(part, &knobs) {
                    match piece {
                        Piece::Data(data) => told.push_str(&String::from_utf8_lossy(&data)),
                        Piece::Id(id) => told.push_str(&format!("<{}>", String::from_utf8_lossy(&id))),
                        Piece::Clear => told.push('!'),
                    }
                }
            }
            assert!(told.ends_with("!x"), "cut at {at}: {told:?}");
        }
    }
}
