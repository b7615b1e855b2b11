//! Debian's gammu-smsd and smstools on the same simulated modem. Their timeouts are shortened where it says so.

use crate::lab::{Sent, link, modem, sent_by};
use chit_simulators::client::Simulator;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::time::sleep;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    Gammu,
    Smstools,
}

pub struct Running {
    peer: Peer,
    dir: TempDir,
    pub modem: Simulator,
    child: Option<Child>,
}

impl Running {
    /// With an empty queue and a modem that the daemon does not have yet.
    pub fn new(peer: Peer) -> Self {
        let dir = tempfile::Builder::new().prefix("chit-").tempdir_in("/tmp").unwrap();
        for folder in ["in", "out", "sent", "bad", "checked", "log"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        let modem = modem(dir.path(), 0);
        Self { peer, dir, modem, child: None }
    }

    pub fn queue(&self, at: usize, to: &str, text: &str) {
        let out = self.dir.path().join("out");
        match self.peer {
            Peer::Gammu => {
                let name = format!(
                    "OUTC20260101_{:02}{:02}{:02}_00_{to}_sms{at}.txt",
                    at / 3600,
                    at / 60 % 60,
                    at % 60
                );
                fs::write(out.join(name), text).unwrap();
            }
            Peer::Smstools => {
                fs::write(out.join(format!("m{at:05}")), format!("To: {}\n\n{text}", &to[1..])).unwrap()
            }
        }
    }

    pub fn start(&mut self) {
        let config = self.dir.path().join("conf");
        let text = match self.peer {
            Peer::Gammu => gammu(self.dir.path()),
            Peer::Smstools => smstools(self.dir.path()),
        };
        fs::write(&config, text).unwrap();
        let mut command = match self.peer {
            Peer::Gammu => Command::new("gammu-smsd"),
            Peer::Smstools => Command::new("/usr/sbin/smsd"),
        };
        command.arg("-c").arg(&config);
        if self.peer == Peer::Smstools {
            command.arg("-t");
        }
        let log = fs::File::create(self.dir.path().join("log/daemon")).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.child =
            Some(command.spawn().unwrap_or_else(|error| {
                panic!("{:?}: {error}: apt-get install gammu-smsd smstools", self.peer)
            }));
    }

    pub async fn wait_sent(&self, count: usize, patience: Duration) -> Vec<Sent> {
        let deadline = Instant::now() + patience;
        loop {
            let sent = sent_by(&self.modem);
            if sent.len() >= count || Instant::now() > deadline {
                return sent;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// `sendtimeout` and `commtimeout` are 30 s otherwise: a lost answer would take three minutes to be seen.
fn gammu(dir: &Path) -> String {
    let path = |name: &str| -> PathBuf { dir.join(name) };
    format!(
        "[gammu]\nport = {}\nconnection = at115200\n[smsd]\nservice = files\nlogfile = {}\ndebuglevel = 0\n\
         inboxpath = {}/\noutboxpath = {}/\nsentsmspath = {}/\nerrorsmspath = {}/\nsendtimeout = 10\ncommtimeout = 5\n",
        link(dir, 0).display(),
        path("log/gammu").display(),
        path("in").display(),
        path("out").display(),
        path("sent").display(),
        path("bad").display(),
    )
}

fn smstools(dir: &Path) -> String {
    let path = |name: &str| -> PathBuf { dir.join(name) };
    format!(
        "devices = GSM1\noutgoing = {}\nchecked = {}\nincoming = {}\nfailed = {}\nsent = {}\nlogfile = {}\nloglevel = 4\n\
         infofile = {}\npidfile = {}\ndelaytime = 1\nreceive_before_send = no\n[GSM1]\ndevice = {}\ninit = AT\n\
         incoming = no\nbaudrate = 115200\ncheck_memory_method = 3\n",
        path("out").display(),
        path("checked").display(),
        path("in").display(),
        path("bad").display(),
        path("sent").display(),
        path("log/smsd").display(),
        path("log/working").display(),
        path("log/pid").display(),
        link(dir, 0).display(),
    )
}
