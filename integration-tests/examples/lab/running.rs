//! A program of Chit in a sandbox of its own, and a simulator at the far end of its wire.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use chit_integration_tests::control::Control;
use chit_integration_tests::house::program;
use chit_runtime::Shared;
use tokio::time::{Instant, sleep};

/// Debug programs start slowly in emulation.
pub const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Lines of a log that a failed check shows.
const LOG_LINES: usize = 12;

/// Polls until `found` finds something.
pub async fn until<T>(what: &str, found: impl AsyncFn() -> Option<T>) -> anyhow::Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = found().await {
            return Ok(found);
        }
        ensure!(Instant::now() < deadline, "{} s passed without: {what}", PATIENCE.as_secs());
        sleep(LOOK_AGAIN).await;
    }
}

pub struct Service {
    pub shared: Shared,
    log: PathBuf,
    child: Child,
}

impl Service {
    /// Starts `chit-NAME` with these keys in its section.
    pub fn start(name: &str, dir: &Path, keys: &str) -> anyhow::Result<Self> {
        let shared = Shared::sandbox_in(dir);
        for folder in [&shared.run_dir, &shared.state_dir, &shared.keys_dir] {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(shared.keys_dir.join("media-device.key"), [7; 32])?;
        std::fs::write(shared.keys_dir.join("evidence.key"), [8; 32])?;
        std::fs::write(shared.keys_dir.join("sms-data.key"), [9; 32])?;
        std::fs::write(shared.keys_dir.join("printer-data.key"), [10; 32])?;
        let config = format!(
            "[chit]\nsandbox = true\nrun_dir = \"run\"\nstate_dir = \"state\"\nkeys_dir = \"keys\"\n[{name}]\n{keys}\n"
        );
        let file = dir.join(format!("{name}.toml"));
        std::fs::write(&file, config)?;
        let log = dir.join(format!("{name}.log"));
        let said = File::create(&log)?;
        let child = Command::new(program(&format!("chit-{name}"))?)
            .arg("--config")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(said.try_clone()?)
            .stderr(said)
            .spawn()?;
        Ok(Self { shared, log, child })
    }

    /// Adds the end of the service's log to an error.
    pub fn explain<T>(&self, outcome: anyhow::Result<T>) -> anyhow::Result<T> {
        outcome.with_context(|| {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            format!("log: {}", lines[lines.len().saturating_sub(LOG_LINES)..].join(" / "))
        })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It was killed or had ended; no one is left to report to.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ends with the pipe at its stdin.
pub struct Simulator {
    pub control: Control,
    child: Child,
}

impl Simulator {
    pub async fn start(name: &str, dir: &Path, args: &[&str]) -> anyhow::Result<Self> {
        let socket = dir.join(format!("{name}.ctl"));
        let log = File::create(dir.join(format!("{name}.log")))?;
        let child = Command::new(program(name)?)
            .args(args)
            .arg("--control")
            .arg(&socket)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let simulator = Self { control: Control::new(&socket), child };
        until(&format!("{name} listens"), async || tokio::net::UnixStream::connect(&socket).await.ok())
            .await?;
        Ok(simulator)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
