//! What a service tells systemd's watchdog (sd_notify(3)): that it is alive, and nothing once it hangs.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use chit_integration_tests::house::{READY_MAX, SERVICES, Signal, program};
use rustix::process::{Pid, WaitId, WaitIdOptions, kill_process, waitid};

/// The real one is 30 s.
const PERIOD: Duration = Duration::from_secs(4);

/// A service under a service manager that is this test.
struct Watched {
    child: Child,
    told: UnixDatagram,
}

impl Watched {
    fn start(service: &str, dir: &Path) -> Self {
        let socket = dir.join(format!("{service}.notify"));
        let told = UnixDatagram::bind(&socket).unwrap();
        let mut command = Command::new(program(&format!("chit-{service}")).unwrap());
        command.arg("--config").arg(dir.join("chit.toml")).stdin(Stdio::null());
        command.env("NOTIFY_SOCKET", &socket).env("WATCHDOG_USEC", PERIOD.as_micros().to_string());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Self { child: command.spawn().unwrap(), told }
    }

    /// What it says next; `None` if it is silent for so long.
    fn says(&self, within: Duration) -> Option<String> {
        let mut text = [0; 64];
        self.told.set_read_timeout(Some(within)).unwrap();
        match self.told.recv(&mut text) {
            Ok(len) => Some(String::from_utf8_lossy(&text[..len]).trim().to_owned()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => panic!("{error}"),
        }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn hold(&self) {
        self.signal(Signal::STOP);
        waitid(WaitId::Pid(Pid::from_child(&self.child)), WaitIdOptions::STOPPED).unwrap();
        // What it said before.
        while self.says(Duration::from_millis(1)).is_some() {}
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_service_that_is_held_feeds_no_watchdog_and_one_that_works_does() {
    let dir = tempfile::Builder::new().prefix("chit-").tempdir_in("/tmp").unwrap();
    let config = dir.path().join("chit.toml");
    let text = "[chit]\nsandbox = true\nrun_dir = \"run\"\nstate_dir = \"state\"\nkeys_dir = \"keys\"\n";
    std::fs::write(&config, text).unwrap();
    let init =
        Command::new(program("chit").unwrap()).arg("--config").arg(&config).arg("init").output().unwrap();
    assert!(init.status.success(), "{init:?}");
    let services = SERVICES.map(|service| (service, Watched::start(service, dir.path())));
    for (service, watched) in &services {
        assert_eq!(watched.says(READY_MAX).as_deref(), Some("READY=1"), "{service}");
        for _ in 0..3 {
            assert_eq!(watched.says(READY_MAX).as_deref(), Some("WATCHDOG=1"), "{service}");
        }
        watched.hold();
    }
    let (service, first) = &services[0];
    assert_eq!(first.says(PERIOD), None, "{service} is held");
    for (service, watched) in &services {
        assert_eq!(watched.says(Duration::from_millis(1)), None, "{service} is held");
        watched.signal(Signal::CONT);
        assert_eq!(watched.says(READY_MAX).as_deref(), Some("WATCHDOG=1"), "{service}");
    }
}
