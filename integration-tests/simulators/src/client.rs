//! The test's end of a simulator: starts the binary, speaks to its control socket, waits for events.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a started simulator may take until its control socket answers, and an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running simulator. Dropping it closes its stdin, which ends it.
pub struct Simulator {
    child: Child,
    stdin: Option<ChildStdin>,
    socket: PathBuf,
}

impl Simulator {
    /// Starts `binary args… --control socket` and waits until the socket accepts.
    pub fn start(binary: &Path, args: &[&str], socket: &Path) -> io::Result<Self> {
        let mut child =
            Command::new(binary).args(args).arg("--control").arg(socket).stdin(Stdio::piped()).spawn()?;
        let stdin = child.stdin.take();
        let simulator = Self { child, stdin, socket: socket.to_owned() };
        let deadline = Instant::now() + PATIENCE;
        // There is no readiness signal to wait for but the socket itself.
        while let Err(e) = UnixStream::connect(socket) {
            if Instant::now() > deadline {
                return Err(e);
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(simulator)
    }

    /// One request, its answer.
    pub fn request(&self, request: &Value) -> io::Result<Value> {
        request_at(&self.socket, request)
    }

    /// The events from `seq` on.
    pub fn watch(&self, from: u64) -> io::Result<Watch> {
        Watch::start(&self.socket, from)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // An error means it was already reaped; a test's teardown has no one to report to.
        let _ = self.child.wait();
    }
}

/// One request to the simulator at `socket`, its answer.
pub fn request_at(socket: &Path, request: &Value) -> io::Result<Value> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("{request}\n").as_bytes())?;
    read_json(&mut BufReader::new(stream))
}

/// An event stream.
pub struct Watch(BufReader<UnixStream>);

impl Watch {
    pub fn start(socket: &Path, from: u64) -> io::Result<Self> {
        let mut stream = UnixStream::connect(socket)?;
        stream.write_all(format!("{{\"cmd\":\"watch\",\"from\":{from}}}\n").as_bytes())?;
        Ok(Self(BufReader::new(stream)))
    }

    /// The next event of this name; the ones before it are skipped. `TimedOut` after `deadline`.
    pub fn wait(&mut self, event: &str, deadline: Duration) -> io::Result<Value> {
        self.wait_where(deadline, |line| line["event"] == event)
    }

    /// The next event that `wanted` accepts.
    pub fn wait_where(&mut self, deadline: Duration, wanted: impl Fn(&Value) -> bool) -> io::Result<Value> {
        let until = Instant::now() + deadline;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.0.get_ref().set_read_timeout(Some(left))?;
            let line = read_json(&mut self.0)?;
            if wanted(&line) {
                return Ok(line);
            }
        }
    }
}

fn read_json(from: &mut BufReader<UnixStream>) -> io::Result<Value> {
    let mut line = String::new();
    match from.read_line(&mut line) {
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(_) => Ok(serde_json::from_str(&line)?),
        // A read timeout of a socket shows as WouldBlock.
        Err(e) if e.kind() == io::ErrorKind::WouldBlock => Err(io::ErrorKind::TimedOut.into()),
        Err(e) => Err(e),
    }
}
