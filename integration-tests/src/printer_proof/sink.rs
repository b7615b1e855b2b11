//! A printer that takes everything and answers at once: what is measured against it is the sender's own time.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, watch};

const READ_LEN: usize = 64 << 10;
/// Fit, with paper.
const FIT: [u8; 4] = [0x14, 0, 0, 0];
const NO_PAPER: [u8; 4] = [0x1c, 0, 0x0f, 0];

#[derive(Clone)]
pub struct Sink {
    pub address: SocketAddr,
    talk: Arc<Mutex<Option<tokio::net::tcp::OwnedWriteHalf>>>,
    taken: watch::Sender<u64>,
}

impl Sink {
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_at("127.0.0.1:0").await
    }

    pub async fn start_at(address: &str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let sink =
            Self { address: listener.local_addr()?, talk: Arc::default(), taken: watch::Sender::new(0) };
        let serving = sink.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        Ok(sink)
    }

    /// Bytes of all clients so far.
    pub fn taken(&self) -> u64 {
        *self.taken.borrow()
    }

    pub async fn paper(&self, there: bool) -> anyhow::Result<()> {
        let mut talk = self.talk.lock().await;
        let Some(talk) = talk.as_mut() else { anyhow::bail!("nobody is connected") };
        Ok(talk.write_all(if there { &FIT } else { &NO_PAPER }).await?)
    }

    async fn serve(self, stream: TcpStream) {
        if stream.set_nodelay(true).is_err() {
            return;
        }
        let (mut reader, writer) = stream.into_split();
        *self.talk.lock().await = Some(writer);
        let (mut bytes, mut tail) = (vec![0; READ_LEN], Vec::new());
        while let Ok(len @ 1..) = reader.read(&mut bytes).await {
            self.taken.send_modify(|taken| *taken += len as u64);
            tail.extend_from_slice(&bytes[..len]);
            let answers = answers(&mut tail);
            let mut talk = self.talk.lock().await;
            let Some(talk) = talk.as_mut() else { return };
            if !answers.is_empty() && talk.write_all(&answers).await.is_err() {
                return;
            }
        }
    }
}

/// Answers every question in the bytes; keeps what may be the begin of one.
fn answers(tail: &mut Vec<u8>) -> Vec<u8> {
    let (mut out, mut at) = (Vec::new(), 0);
    while at + 3 <= tail.len() {
        match tail[at..] {
            [0x10, 0x04, _, ..] => out.push(0x12),
            [0x1d, 0x61, _, ..] => out.extend(FIT),
            [0x1d, 0x72, _, ..] => out.push(0),
            [0x1d, 0x49, n, ..] => out.extend(if n == 67 { &b"_SINK\0"[..] } else { b"_\0" }),
            [0x1d, 0x28, 0x48, ..] if at + 11 > tail.len() => break,
            [0x1d, 0x28, 0x48, 6, 0, 48, 48, a, b, c, d, ..] => out.extend([0x37, 0x22, a, b, c, d, 0]),
            _ => {}
        }
        at += 1;
    }
    tail.drain(..at);
    out
}
