//! The control socket of every simulator: newline-delimited JSON, one answer line for each request line.
//! `{"cmd":"watch"}` turns its connection into a stream of events, the past ones first
//! (`{"cmd":"watch","from":N}` leaves out the events with `seq` below N).

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::{Value, json};

/// Events kept for late watchers. Older ones are forgotten; the gap shows in `seq`.
const MAX_EVENTS: usize = 1 << 18;

/// The append-only event log. Clones share one log.
#[derive(Clone, Default)]
pub struct Events(Arc<Shared>);

#[derive(Default)]
struct Shared {
    log: Mutex<Log>,
    grown: Condvar,
}

#[derive(Default)]
struct Log {
    first_seq: u64,
    lines: VecDeque<String>,
}

impl Events {
    /// Appends `{"seq":…,"event":event, …fields}`; `fields` is an object or null.
    pub fn push(&self, event: &str, fields: Value) {
        let mut log = self.log();
        let mut line = json!({ "seq": log.first_seq + log.lines.len() as u64, "event": event });
        if let (Some(line), Value::Object(fields)) = (line.as_object_mut(), fields) {
            line.extend(fields);
        }
        if log.lines.len() == MAX_EVENTS {
            log.lines.pop_front();
            log.first_seq += 1;
        }
        log.lines.push_back(line.to_string());
        self.0.grown.notify_all();
    }

    /// The line with `seq`, or the oldest one kept after it; waits until there is one.
    fn wait_for(&self, seq: u64) -> (u64, String) {
        let mut log = self.log();
        loop {
            let seq = seq.max(log.first_seq);
            if let Some(line) = log.lines.get((seq - log.first_seq) as usize) {
                return (seq, line.clone());
            }
            log = self.0.grown.wait(log).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `{"ok":true}`: the answer of a request that has nothing else to tell.
pub fn ok() -> Value {
    json!({ "ok": true })
}

/// `{"error":message}`.
pub fn error(message: impl std::fmt::Display) -> Value {
    json!({ "error": message.to_string() })
}

/// Creates the socket (replacing a stale one) and serves it on background threads. Requests of all
/// connections reach `handler` one at a time.
pub fn serve<H>(socket: &Path, events: Events, handler: H) -> io::Result<()>
where
    H: FnMut(&Value) -> Value + Send + 'static,
{
    match std::fs::remove_file(socket) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let listener = UnixListener::bind(socket)?;
    let handler = Arc::new(Mutex::new(handler));
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (events, handler) = (events.clone(), handler.clone());
            // An error here is the peer hanging up, which ends the conversation in any case.
            thread::spawn(move || converse(stream, &events, &handler));
        }
    });
    Ok(())
}

fn converse<H>(stream: UnixStream, events: &Events, handler: &Mutex<H>) -> io::Result<()>
where
    H: FnMut(&Value) -> Value,
{
    let mut answers = stream.try_clone()?;
    for line in BufReader::new(stream).lines() {
        let answer = match serde_json::from_str::<Value>(&line?) {
            Err(e) => error(format_args!("not JSON: {e}")),
            Ok(request) if request["cmd"] == "watch" => {
                return stream_events(&mut answers, events, request["from"].as_u64().unwrap_or(0));
            }
            Ok(request) => (handler.lock().unwrap_or_else(PoisonError::into_inner))(&request),
        };
        answers.write_all(format!("{answer}\n").as_bytes())?;
    }
    Ok(())
}

fn stream_events(to: &mut UnixStream, events: &Events, from: u64) -> io::Result<()> {
    let mut next = from;
    loop {
        let (seq, line) = events.wait_for(next);
        to.write_all(format!("{line}\n").as_bytes())?;
        next = seq + 1;
    }
}

/// A simulator lives as long as its stdin, so that a test that dies leaves nothing behind. Takes stdin
/// and returns at once; the process exits with 0 when stdin closes.
pub fn exit_when_stdin_closes() {
    thread::spawn(|| {
        let mut ignored = [0; 256];
        let mut stdin = io::stdin().lock();
        while matches!(stdin.read(&mut ignored), Ok(n) if n > 0) {}
        std::process::exit(0);
    });
}
