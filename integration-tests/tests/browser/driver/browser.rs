//! A browser of its own: a new profile, chromedriver at any free port. Nothing of it outlives the value.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::{Client, ClientBuilder};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Map, json};
use tempfile::TempDir;

use super::Page;

/// What Chromium needs as root in a container, and nothing that would call home.
const ARGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--touch-events=enabled",
];

const GONE_MAX: Duration = Duration::from_secs(5);

pub struct Browser {
    client: Client,
    driver: Child,
    profile: TempDir,
}

impl Browser {
    pub async fn open(width: u32, height: u32) -> Self {
        let profile = tempfile::Builder::new().prefix("chit-chromium-").tempdir().unwrap();
        let mut driver = Command::new("chromedriver");
        driver.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut driver = driver.spawn().expect("chromedriver (./deploy/setup installs it)");
        let said = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = said.filter_map(|line| port_in(&line)).next().expect("chromedriver's port");
        let mut args: Vec<String> = ARGS.map(str::to_owned).into();
        args.push(format!("--user-data-dir={}", profile.path().display()));
        args.push(format!("--window-size={width},{height}"));
        let options = json!({ "args": args });
        let capabilities = Map::from_iter([("goog:chromeOptions".to_owned(), options)]);
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        let browser = Self { client, driver, profile };
        browser.page().resize(width, height).await;
        browser
    }

    /// The window that the browser shows now.
    pub fn page(&self) -> Page {
        Page::of(self.client.clone())
    }
}

/// "ChromeDriver was started successfully on port 12345."
fn port_in(line: &str) -> Option<u16> {
    line.split("successfully on port ").nth(1)?.trim_end_matches('.').parse().ok()
}

impl Drop for Browser {
    fn drop(&mut self) {
        // An error means that it ended by itself.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        // Until all are gone: one that still dies would write its profile again.
        let deadline = Instant::now() + GONE_MAX;
        while Instant::now() < deadline {
            let left = processes_with(self.profile.path());
            if left.is_empty() {
                return;
            }
            for pid in left {
                let _ = kill_process(pid, Signal::KILL);
            }
            std::thread::yield_now();
        }
    }
}

/// Chromium's processes are children of chromedriver's; the profile in their command lines identifies them.
fn processes_with(profile: &Path) -> Vec<Pid> {
    let profile = profile.to_string_lossy();
    let is_ours = |pid: &i32| {
        let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&command).contains(profile.as_ref())
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(is_ours).filter_map(Pid::from_raw).collect()
}
