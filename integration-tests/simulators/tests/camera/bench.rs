//! A camera in front of the counter: the serving process and any number of workers.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use chit_simulators::client::Simulator;
use serde_json::{Value, json};

pub const PATIENCE: Duration = Duration::from_secs(20);
pub const WIDTH: usize = 640;
pub const HEIGHT: usize = 480;

pub struct Bench {
    pub simulator: Simulator,
    state: PathBuf,
    pub folder: tempfile::TempDir,
}

impl Bench {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("scene.json");
        let args = ["--serve", "--state", state.to_str().unwrap()];
        let simulator = Simulator::start(binary(), &args, &folder.path().join("control.sock")).unwrap();
        Self { simulator, state, folder }
    }

    pub fn request(&self, request: Value) -> Value {
        let answer = self.simulator.request(&request).unwrap();
        assert_eq!(answer["error"], Value::Null, "{request}");
        answer
    }

    pub fn fault(&self, name: &str, value: impl Into<Value>) {
        self.request(json!({ "cmd": "fault", "name": name, "value": value.into() }));
    }

    pub fn worker(&self) -> Worker {
        let mut child = Command::new(binary())
            .args(["--state", self.state.to_str().unwrap()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        Worker { child, stdout }
    }
}

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_sim-camera"))
}

pub struct Worker {
    child: Child,
    stdout: ChildStdout,
}

pub struct Frame {
    pub seq: u32,
    pub captured_ns: u64,
    pub i420: Vec<u8>,
}

impl Worker {
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.stdout.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// Width, height, frames a second and the device id.
    pub fn hello(&mut self) -> (u16, u16, u16, String) {
        assert_eq!(self.bytes(8), b"CHITCAM1");
        let number = |bytes: &[u8], at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let rest = self.bytes(10);
        assert_eq!((number(&rest, 6), rest[8]), (1, 1));
        let id = self.bytes(usize::from(rest[9]));
        (number(&rest, 0), number(&rest, 2), number(&rest, 4), String::from_utf8(id).unwrap())
    }

    pub fn frame(&mut self) -> Frame {
        let head = self.bytes(20);
        assert_eq!(&head[..4], b"FRAM");
        let length = u32::from_le_bytes(head[16..20].try_into().unwrap()) as usize;
        assert_eq!(length, WIDTH * HEIGHT * 3 / 2);
        Frame {
            seq: u32::from_le_bytes(head[4..8].try_into().unwrap()),
            captured_ns: u64::from_le_bytes(head[8..16].try_into().unwrap()),
            i420: self.bytes(length),
        }
    }

    pub fn close_stdin(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Reads on until the pipe ends; whole frames and the exit code.
    pub fn run_out(mut self) -> (usize, Option<i32>) {
        let mut rest = Vec::new();
        self.stdout.read_to_end(&mut rest).unwrap();
        let code = self.child.wait().unwrap().code();
        (rest.len() / (20 + WIDTH * HEIGHT * 3 / 2), code)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.close_stdin();
        // Only a worker that was already waited for gives an error.
        let _ = self.child.wait();
    }
}
