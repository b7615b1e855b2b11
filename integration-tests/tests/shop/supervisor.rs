//! The supervisor: what dies comes back, and nothing outlives it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chit_integration_tests::house::{self, READY_MAX, SERVICES, Signal};
use rustix::process::Pid;

use crate::open_shop::{open_house, options};

/// DESIGN.md, process contract.
const RESPAWN_MAX: Duration = Duration::from_millis(200);
const GONE_MAX: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_dead_service_is_started_again_within_200_ms() {
    let (house, _) = open_house(&options()).await;
    for service in SERVICES {
        let keeper = house.keeper(service);
        let before = keeper.starts();
        let died = Instant::now();
        house.kill(service, Signal::KILL).unwrap();
        assert!(keeper.wait_started_after(before, READY_MAX));
        let took = died.elapsed();
        assert!(took <= RESPAWN_MAX, "{service} took {took:?}");
        house.service_ready(service).await.unwrap();
    }
    house.stop().unwrap();
}

#[tokio::test]
async fn a_paused_service_keeps_its_callers_waiting_and_then_answers() {
    let (house, desk) = open_house(&options()).await;
    assert!(house.keeper("ledger").pause(), "it stops when asked");
    let books = tokio::spawn(async move { desk.books().await.map(|books| books.chain_ok) });
    house.keeper("ledger").resume();
    assert!(books.await.unwrap().unwrap());
}

#[test]
fn ctrl_c_leaves_nothing_running() {
    let demo = Demo::start();
    demo.signal(Signal::INT);
    let dir = demo.wait();
    assert_eq!(processes_of(dir.path()), Vec::<String>::new());
    assert!(dir.path().join(".chit-demo/state").exists(), "what was sold is kept");
}

#[test]
fn nothing_outlives_a_killed_supervisor() {
    let demo = Demo::start();
    demo.signal(Signal::KILL);
    let dir = demo.wait();
    let deadline = Instant::now() + GONE_MAX;
    while !processes_of(dir.path()).is_empty() {
        assert!(Instant::now() < deadline, "{:?}", processes_of(dir.path()));
        std::thread::yield_now();
    }
}

/// The demo without `--once`, in a folder of its own.
struct Demo {
    child: Child,
    dir: tempfile::TempDir,
}

impl Demo {
    /// Returns when it says that it is open.
    fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("chit-").tempdir_in("/tmp").unwrap();
        let mut command = Command::new(house::program("chit-demo").unwrap());
        let mut child = command.current_dir(dir.path()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let open = said.by_ref().map_while(Result::ok).any(|line| line.contains("Chit is open"));
        assert!(open, "the demo ended before it was open");
        assert!(processes_of(dir.path()).len() > SERVICES.len(), "services and simulators run");
        Self { child, dir }
    }

    fn signal(&self, signal: Signal) {
        rustix::process::kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn wait(mut self) -> tempfile::TempDir {
        self.child.wait().unwrap();
        self.dir
    }
}

/// Command lines of running processes that name this folder, or work in it.
fn processes_of(dir: &Path) -> Vec<String> {
    let dir = dir.to_str().unwrap();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        if command.contains(dir) {
            found.push(command);
        }
    }
    found
}
