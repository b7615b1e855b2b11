//! emupos as a child process: a printer on TCP and on a pseudo-terminal.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

const START_MAX: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Where `deploy/setup` puts it.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.tools/emupos/bin/emupos");

pub struct Emupos {
    child: Child,
    pub address: SocketAddr,
    pub serial: PathBuf,
    pub receipts: PathBuf,
    api: SocketAddr,
    program: PathBuf,
}

/// `None`, said in red, where `deploy/setup` found no Python that emupos runs on: the proof is then not made.
pub fn program() -> Option<PathBuf> {
    let path = PathBuf::from(PROGRAM);
    if path.exists() {
        return Some(path);
    }
    eprintln!(
        "\x1b[31mSKIPPED: there is no .tools/emupos (it needs Python 3.13); the printer's proof is NOT made\x1b[0m"
    );
    None
}

impl Emupos {
    /// Ports are free ones; papers go to `dir`.
    pub fn start(program: &Path, dir: &Path) -> anyhow::Result<Self> {
        let (port, api) = (free_port()?, free_port()?);
        let receipts = dir.join("receipts");
        let config = format!(
            "schema: 1\napi: {{ host: 127.0.0.1, port: {} }}\ndevices:\n  - id: front\n    type: printer\n    \
             profile: epson-tm-t20iii\n    connections:\n      - tcp: {{ host: 127.0.0.1, port: {} }}\n      \
             - serial: {{ pty: true }}\n    receipts_dir: {}\n    job_idle_timeout_ms: 60000\n",
            api.port(),
            port.port(),
            receipts.display(),
        );
        let file = dir.join("emupos.yaml");
        std::fs::write(&file, config)?;
        let log = std::fs::File::create(dir.join("emupos.log"))?;
        let child = Command::new(program)
            .args(["run", "--config"])
            .arg(&file)
            .env("TMPDIR", dir)
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("start {}", program.display()))?;
        let serial = dir.join("emupos/front");
        let mut emupos = Self { child, address: port, serial, receipts, api, program: program.to_owned() };
        emupos.wait_until_up(dir)?;
        Ok(emupos)
    }

    fn wait_until_up(&mut self, dir: &Path) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_MAX;
        while TcpStream::connect(self.api).is_err() || !self.serial.exists() {
            if let Some(status) = self.child.try_wait()? {
                bail!("emupos ended ({status}): {}", std::fs::read_to_string(dir.join("emupos.log"))?);
            }
            if Instant::now() > deadline {
                bail!("emupos is not up after {START_MAX:?}");
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        Ok(())
    }

    /// `paper-out`, `paper-near-end`, `cover-open`, `offline`.
    pub fn fault(&self, name: &str, set: bool) -> anyhow::Result<()> {
        let status = Command::new(&self.program)
            .env("EMUPOS_API", format!("http://{}", self.api))
            .args(["fault", if set { "set" } else { "clear" }, "front", name])
            .stdout(Stdio::null())
            .status()?;
        if status.success() { Ok(()) } else { bail!("emupos does not set {name}") }
    }
}

impl Drop for Emupos {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
