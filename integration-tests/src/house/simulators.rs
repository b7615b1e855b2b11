//! The devices: one process each. They live as long as the pipe that we hold at their stdin.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::Value;

use super::{Place, program};
use crate::control::Control;

const START_MAX: Duration = Duration::from_secs(20);

pub struct Simulators {
    pub modem: Control,
    pub handheld: Control,
    pub printer: Control,
    pub camera: Control,
    printer_socket: PathBuf,
    processes: Vec<Process>,
}

/// A modem alone, of somebody who has no shop.
pub struct Modem {
    pub control: Control,
    _process: Process,
}

impl Modem {
    pub fn start(place: &Place) -> anyhow::Result<Self> {
        let socket = place.run_dir().join("sim-modem.ctl");
        let args = vec!["--link".into(), modem_link(place).into()];
        let process = Process::start(place, "modem", &socket, args)?;
        Ok(Self { control: Control::new(&socket), _process: process })
    }
}

/// Ends with the pipe at its stdin.
struct Process(Child);

impl Simulators {
    pub fn start(place: &Place, printer_port: u16) -> anyhow::Result<Self> {
        let socket = |name: &str| place.run_dir().join(format!("sim-{name}.ctl"));
        let control = |name: &str| Control::new(&socket(name));
        let mut processes = Vec::new();
        let mut start = |name: &str, args: Vec<OsString>| {
            processes.push(Process::start(place, name, &socket(name), args)?);
            Ok::<(), anyhow::Error>(())
        };
        start("modem", vec!["--link".into(), modem_link(place).into()])?;
        start("scanner", vec!["--link".into(), handheld_link(place).into()])?;
        start("camera", vec!["--serve".into(), "--state".into(), camera_state(place).into()])?;
        let listen = format!("127.0.0.1:{printer_port}");
        start("printer", vec!["--listen".into(), listen.into(), "--out".into(), place.papers().into()])?;
        Ok(Self {
            modem: control("modem"),
            handheld: control("scanner"),
            printer: control("printer"),
            camera: control("camera"),
            printer_socket: socket("printer"),
            processes,
        })
    }

    pub fn printer_addr(&self) -> anyhow::Result<String> {
        let mut stream = UnixStream::connect(&self.printer_socket)?;
        stream.write_all(b"{\"cmd\":\"addr\"}\n")?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        let answer: Value = serde_json::from_str(&line)?;
        Ok(answer["addr"].as_str().context("sim-printer does not tell its address")?.to_owned())
    }

    /// Process ids, for whoever checks that nothing is left running.
    pub fn pids(&self) -> Vec<u32> {
        self.processes.iter().map(|process| process.0.id()).collect()
    }
}

pub fn modem_link(place: &Place) -> PathBuf {
    place.run_dir().join("modem")
}

pub fn handheld_link(place: &Place) -> PathBuf {
    place.run_dir().join("handheld")
}

pub fn camera_state(place: &Place) -> PathBuf {
    place.run_dir().join("camera.json")
}

impl Process {
    fn start(place: &Place, name: &str, socket: &Path, args: Vec<OsString>) -> anyhow::Result<Self> {
        let binary = format!("sim-{name}");
        let log = place.log_file(&binary)?;
        let mut command = Command::new(program(&binary)?);
        command.args(args).arg("--control").arg(socket);
        command.process_group(0).stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        let mut process = Self(command.spawn().with_context(|| binary.clone())?);
        let deadline = Instant::now() + START_MAX;
        // There is no readiness signal to wait for but the socket itself.
        while UnixStream::connect(socket).is_err() {
            if let Some(status) = process.0.try_wait()? {
                let said = std::fs::read_to_string(place.log_of(&binary)).unwrap_or_default();
                anyhow::bail!("{binary}: {status}: {}", said.lines().last().unwrap_or_default());
            }
            anyhow::ensure!(Instant::now() < deadline, "{binary} did not open {}", socket.display());
            thread::sleep(Duration::from_millis(2));
        }
        Ok(process)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // An error means that it was reaped already; nobody is left to tell.
        let _ = self.0.wait();
    }
}
