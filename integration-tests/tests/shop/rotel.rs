//! A collector written elsewhere: `rotel-agent` of PyPI's rotel, which prints the spans it receives.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const START_MAX: Duration = Duration::from_secs(20);

pub struct Rotel {
    process: Child,
    printed: PathBuf,
    pub endpoint: String,
}

impl Rotel {
    pub fn start(dir: &Path) -> Self {
        let agent = workspace_root().join(".tools/bin/rotel-agent");
        assert!(agent.exists(), "{} is missing: ./deploy/setup installs it", agent.display());
        let printed = dir.join("rotel.out");
        let out = fs::File::create(&printed).unwrap();
        let (grpc, http) = (free_port(), free_port());
        let mut command = Command::new(agent);
        command.args(["start", "--exporter", "blackhole", "--debug-log", "traces"]);
        command.args(["--debug-log-verbosity", "detailed"]);
        command.args(["--otlp-grpc-endpoint", &grpc, "--otlp-http-endpoint", &http]);
        command.arg("--pid-file").arg(dir.join("rotel.pid")).arg("--log-file").arg(dir.join("rotel.log"));
        command.env("NO_COLOR", "1").stdin(Stdio::null()).stdout(out.try_clone().unwrap()).stderr(out);
        let process = command.spawn().unwrap();
        let deadline = Instant::now() + START_MAX;
        while std::net::TcpStream::connect(&grpc).is_err() {
            assert!(Instant::now() < deadline, "{}", fs::read_to_string(&printed).unwrap_or_default());
            std::thread::yield_now();
        }
        Self { process, printed, endpoint: format!("http://{grpc}") }
    }

    /// What it has printed so far.
    pub fn printed(&self) -> String {
        fs::read_to_string(&self.printed).unwrap()
    }
}

impl Drop for Rotel {
    fn drop(&mut self) {
        // It may have ended by itself; a test's teardown has no one to report to.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Free a moment ago: the agent cannot be asked for a port of its choice.
fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

pub fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
