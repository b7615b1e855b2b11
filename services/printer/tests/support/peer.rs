//! A small scripted printer at the far end of TCP: it answers as Epson's reference says and remembers every byte.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

#[derive(Clone, Copy, PartialEq)]
pub struct Manner {
    pub paper_out: bool,
    /// Takes data but neither prints nor answers what follows it.
    pub holds_data: bool,
    pub knows_clear: bool,
    pub echoes_ids: bool,
    /// Answers status requests behind the data only when this ends.
    pub keeps_fences: bool,
    /// Has a memory for logos.
    pub keeps_logos: bool,
    /// Hangs up when a logo is to be stored.
    pub drops_logos: bool,
    /// Knows `DLE EOT` only, no `GS r`.
    pub no_status: bool,
    /// Its automatic status has three bytes.
    pub short_status: bool,
}

pub const WELL: Manner = Manner {
    paper_out: false,
    holds_data: false,
    knows_clear: true,
    echoes_ids: true,
    keeps_fences: false,
    keeps_logos: false,
    drops_logos: false,
    no_status: false,
    short_status: false,
};

#[derive(Default)]
struct Heard {
    /// What was printed: papers, each without real-time commands.
    papers: Vec<Vec<u8>>,
    /// Everything, for each connection.
    connections: Vec<Vec<u8>>,
    /// Answers to status requests that are held back.
    kept_fences: Vec<u8>,
    logos: Vec<[u8; 2]>,
    /// To be said unasked.
    words: Vec<u8>,
}

#[derive(Clone)]
pub struct Peer {
    pub address: String,
    manner: watch::Sender<Manner>,
    heard: Arc<Mutex<Heard>>,
    hang_up: Arc<Notify>,
    speak: Arc<Notify>,
}

impl Peer {
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = Self {
            address: listener.local_addr().unwrap().to_string(),
            manner: watch::Sender::new(manner),
            heard: Arc::default(),
            hang_up: Arc::default(),
            speak: Arc::default(),
        };
        let serving = peer.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                serving.heard.lock().unwrap().connections.push(Vec::new());
                serving.serve(stream).await;
            }
        });
        peer
    }

    pub fn set(&self, manner: Manner) {
        self.manner.send_replace(manner);
    }

    /// Ends the connection, and what was not printed with it.
    pub fn hang_up(&self) {
        self.hang_up.notify_one();
    }

    /// Unsolicited bytes.
    pub fn say(&self, words: &[u8]) {
        self.heard.lock().unwrap().words.extend(words);
        self.speak.notify_one();
    }

    /// As after a reset to what it was in the factory.
    pub fn forget_logos(&self) {
        self.heard.lock().unwrap().logos.clear();
    }

    /// Keys of the logos in its memory.
    pub fn logos(&self) -> Vec<[u8; 2]> {
        self.heard.lock().unwrap().logos.clone()
    }

    pub fn papers(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard.papers.iter().map(|paper| String::from_utf8_lossy(paper).into_owned()).collect()
    }

    pub fn connections(&self) -> Vec<Vec<u8>> {
        self.heard.lock().unwrap().connections.clone()
    }

    /// Waits until it was connected to so often.
    pub async fn has_connected(&self, times: usize) {
        let connected = async {
            while self.connections().len() < times {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(super::PATIENCE, connected).await.expect("it is connected to again");
    }

    async fn serve(&self, mut stream: TcpStream) {
        let mut manner = self.manner.subscribe();
        let (mut waiting, mut paper, mut bytes) = (VecDeque::new(), Vec::new(), [0; 4096]);
        loop {
            let now = *manner.borrow_and_update();
            let answers = self.answer(&mut waiting, &mut paper, now);
            if stream.write_all(&answers).await.is_err() {
                return;
            }
            tokio::select! {
                // An ended connection takes its data along before a change of manner could print it.
                biased;
                () = self.hang_up.notified() => return,
                read = stream.read(&mut bytes) => match read {
                    Ok(len @ 1..) => {
                        waiting.extend(&bytes[..len]);
                        self.heard.lock().unwrap().connections.last_mut().unwrap().extend(&bytes[..len]);
                    }
                    _ => return,
                },
                () = self.speak.notified() => {
                    let words = std::mem::take(&mut self.heard.lock().unwrap().words);
                    let _ = stream.write_all(&words).await;
                }
                _ = manner.changed() => {
                    let status = automatic_status(*manner.borrow());
                    let _ = stream.write_all(&status).await;
                }
            }
        }
    }

    /// Obeys what it can of the waiting bytes and returns its answers. Commands come whole here.
    fn answer(&self, waiting: &mut VecDeque<u8>, paper: &mut Vec<u8>, now: Manner) -> Vec<u8> {
        let mut answers = Vec::new();
        if !now.keeps_fences {
            answers.append(&mut self.heard.lock().unwrap().kept_fences);
        }
        let stalled = now.paper_out || now.holds_data;
        let mut held = VecDeque::new();
        while let Some(first) = waiting.pop_front() {
            let rest: Vec<u8> = waiting.iter().take(10).copied().collect();
            match (first, rest.as_slice()) {
                (0x10, [0x04, n, ..]) => {
                    answers.push(if *n == 4 && now.paper_out { 0x72 } else { 0x12 });
                    waiting.drain(..2);
                }
                (0x10, [0x14, 8, ..]) => {
                    waiting.drain(..9);
                    if now.knows_clear {
                        answers.extend([0x37, 0x25, 0]);
                        held.clear();
                        paper.clear();
                    }
                }
                (0x1d, [0x61, _, ..]) => {
                    answers.extend(automatic_status(now));
                    waiting.drain(..2);
                }
                _ if stalled => held.push_back(first),
                (0x1d, [0x28, 0x48, 6, 0, 48, 48, a, b, c, d]) => {
                    if now.echoes_ids {
                        answers.extend([0x37, 0x22, *a, *b, *c, *d, 0]);
                    }
                    waiting.drain(..10);
                }
                (0x1d, [0x28, 0x4c, low, high, ..]) if now.keeps_logos => {
                    let len = 4 + usize::from(u16::from_le_bytes([*low, *high]));
                    if waiting.len() < len {
                        held.push_back(first);
                        held.append(waiting);
                        break;
                    }
                    let command: Vec<u8> = waiting.drain(..len).collect();
                    if now.drops_logos && command[5] == 67 {
                        self.hang_up.notify_one();
                        waiting.clear();
                        return answers;
                    }
                    self.graphics(&command, paper, &mut answers);
                }
                (0x1d, [0x49, 68, ..]) if now.keeps_logos => {
                    answers.extend(b"_PEER0001\0");
                    waiting.drain(..2);
                }
                (0x06, _) if now.keeps_logos => {}
                (0x1d, [0x72, 1, ..]) if now.no_status => {
                    waiting.drain(..2);
                }
                (0x1d, [0x72, 1, ..]) => {
                    match now.keeps_fences {
                        true => self.heard.lock().unwrap().kept_fences.push(0),
                        false => answers.push(0),
                    }
                    waiting.drain(..2);
                }
                (0x1d, [0x56, 66, 0, ..]) => {
                    self.heard.lock().unwrap().papers.push(std::mem::take(paper));
                    waiting.drain(..3);
                }
                _ => paper.push(first),
            }
        }
        *waiting = held;
        answers
    }
}

impl Peer {
    /// `GS ( L` from its `(` on.
    fn graphics(&self, command: &[u8], paper: &mut Vec<u8>, answers: &mut Vec<u8>) {
        let mut heard = self.heard.lock().unwrap();
        match command[4..] {
            [48, 64, ..] => {
                answers.extend([0x37, 0x72, 0x40]);
                answers.extend(heard.logos.iter().flatten());
                answers.push(0);
            }
            [48, 67, _, a, b, ..] => heard.logos.push([a, b]),
            [48, 69, a, b, ..] => paper.extend([b"[LOGO ", &[a, b][..], b"]"].concat()),
            _ => {}
        }
    }
}

fn automatic_status(manner: Manner) -> Vec<u8> {
    let status = if manner.paper_out { [0x1c, 0, 0x0f, 0] } else { [0x14, 0, 0, 0] };
    status[..if manner.short_status { 3 } else { 4 }].to_vec()
}
