//! Between the service and emupos: what emupos lacks (process ids, clearing of buffers, a memory for logos, a small
//! buffer at the paper's pace) and what goes wrong in shops (a link cut at some byte, a printer that never reads, late or stray status).

mod scan;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use scan::{Piece, Scan};

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
    pub knows_logos: bool,
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
            knows_logos: true,
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
    flash: Arc<Mutex<Flash>>,
}

/// Logos outlive connections.
#[derive(Default)]
struct Flash {
    logos: BTreeMap<[u8; 2], Logo>,
    writes: u32,
}

/// Width and height in dots, rows of whole bytes.
struct Logo {
    size: [u16; 2],
    dots: Vec<u8>,
}

impl Proxy {
    /// One client at a time, as printers have it; the next one is taken when the far printer is done with the last.
    pub async fn start(printer: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let proxy = Self { address: listener.local_addr()?, knobs: Arc::default(), flash: Arc::default() };
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

    /// How often a logo was stored.
    pub fn logo_writes(&self) -> u32 {
        self.flash().writes
    }

    fn flash(&self) -> MutexGuard<'_, Flash> {
        self.flash.lock().unwrap_or_else(PoisonError::into_inner)
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
                    buffer.ask([&[0x37, 0x22][..], &id, &[0]].concat());
                    to_printer.write_all(MARK).await
                }
                Piece::Graphics(command) => match self.graphics(&command) {
                    Graphics::Answer(answer) => {
                        buffer.ask(answer);
                        to_printer.write_all(MARK).await
                    }
                    Graphics::Data(bytes) => to_printer.write_all(&bytes).await,
                },
                Piece::Clear => Ok(()),
            };
            if written.is_err() {
                return;
            }
        }
        let _ = to_printer.shutdown().await;
    }

    /// A logo that is stored becomes nothing, one that is printed a picture.
    fn graphics(&self, command: &[u8]) -> Graphics {
        let mut flash = self.flash();
        match command[5..] {
            [48, 64, ..] => {
                let keys: Vec<u8> = flash.logos.keys().flatten().copied().collect();
                Graphics::Answer([&[0x37, 0x72, 0x40][..], &keys, &[0]].concat())
            }
            [48, 67, 48, a, b, 1, wl, wh, hl, hh, 49, ref dots @ ..] => {
                let size = [u16::from_le_bytes([wl, wh]), u16::from_le_bytes([hl, hh])];
                flash.logos.insert([a, b], Logo { size, dots: dots.to_vec() });
                flash.writes += 1;
                Graphics::Data(Vec::new())
            }
            [48, 69, a, b, ..] => {
                let Some(Logo { size: [width, height], dots }) = flash.logos.get(&[a, b]) else {
                    return Graphics::Data(Vec::new());
                };
                let row_bytes = width.div_ceil(8).to_le_bytes();
                let head = [&[0x1d, 0x76, 0x30, 0][..], &row_bytes, &height.to_le_bytes()].concat();
                Graphics::Data([head.as_slice(), dots].concat())
            }
            _ => Graphics::Data(Vec::new()),
        }
    }

    /// Hands the printer's answers on; the answer to a mark becomes what was asked there.
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
                    out.extend(buffer.asked().unwrap_or_default());
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

enum Graphics {
    Answer(Vec<u8>),
    Data(Vec<u8>),
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
    /// Answers that are due when the printer has come that far.
    asked: VecDeque<Vec<u8>>,
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

    fn ask(&self, answer: Vec<u8>) {
        self.lock().asked.push_back(answer);
    }

    fn asked(&self) -> Option<Vec<u8>> {
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
