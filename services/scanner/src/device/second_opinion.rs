//! rqrr as a second opinion, in a process of its own: it panics on some photos (upstream issue 54), and on others it does not end.
//! Every question has a time; a worker that is late is killed, and another one is started for the next question.

use std::io;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::sight::Plane;
use crate::sources::Sources;
use crate::worker::{self, Answer};

/// After a worker that could not be started, or that died at once.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

pub struct SecondOpinion {
    program: PathBuf,
    sources: Arc<Sources>,
    worker: Option<Worker>,
    not_before: Instant,
}

struct Worker {
    child: Child,
    stdin: ChildStdin,
    answers: Receiver<Answer>,
}

impl SecondOpinion {
    /// `program` is `code-worker`; without it there is no second opinion, and that is no error.
    pub fn new(program: PathBuf, sources: Arc<Sources>) -> Self {
        Self { program, sources, worker: None, not_before: Instant::now() }
    }

    /// What rqrr reads; nothing when it is late or gone.
    pub fn ask(&mut self, plane: &Plane<'_>, time: Duration) -> Answer {
        let Some(mut worker) = self.worker() else { return Vec::new() };
        let asked = worker::write_question(&mut worker.stdin, plane);
        match asked.map(|()| worker.answers.recv_timeout(time)) {
            Ok(Ok(answer)) => {
                self.worker = Some(worker);
                answer
            }
            Ok(Err(RecvTimeoutError::Timeout)) => self.give_up(worker, "was late"),
            Ok(Err(RecvTimeoutError::Disconnected)) | Err(_) => self.give_up(worker, "died"),
        }
    }

    fn worker(&mut self) -> Option<Worker> {
        if let Some(worker) = self.worker.take() {
            return Some(worker);
        }
        if Instant::now() < self.not_before {
            return None;
        }
        match Worker::start(&self.program) {
            Ok(worker) => Some(worker),
            Err(error) => {
                tracing::debug!(program = %self.program.display(), %error, "no second opinion");
                self.not_before = Instant::now() + RESTART_PAUSE;
                None
            }
        }
    }

    fn give_up(&self, worker: Worker, why: &str) -> Answer {
        self.sources.count_decoder_restart();
        tracing::warn!(why, "the second opinion is started anew");
        worker.end();
        Vec::new()
    }
}

impl Drop for SecondOpinion {
    fn drop(&mut self) {
        if let Some(worker) = self.worker.take() {
            worker.end();
        }
    }
}

impl Worker {
    fn start(program: &PathBuf) -> io::Result<Self> {
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Its panics are counted here; their text would only fill the log.
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("no pipes"));
        };
        let (sender, answers) = mpsc::channel();
        let listen = move || listen(stdout, &sender);
        thread::Builder::new().name("second-opinion".into()).spawn(listen)?;
        Ok(Self { child, stdin, answers })
    }

    fn end(mut self) {
        // It may be gone already; either way it is reaped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen(mut stdout: ChildStdout, answers: &mpsc::Sender<Answer>) {
    while let Ok(answer) = worker::read_answer(&mut stdout) {
        if answers.send(answer).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn plane() -> Plane<'static> {
        Plane::new(64, 64, vec![128; 64 * 64]).unwrap()
    }

    fn program(dir: &tempfile::TempDir, script: &str) -> PathBuf {
        let path = dir.path().join("worker");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn a_worker_that_hangs_or_dies_is_killed_and_counted_and_costs_one_question() {
        let dir = tempfile::tempdir().unwrap();
        for script in ["cat >/dev/null; exec sleep 600", "exit 3"] {
            let sources = Arc::new(Sources::default());
            let mut second = SecondOpinion::new(program(&dir, script), Arc::clone(&sources));
            assert_eq!(second.ask(&plane(), Duration::from_millis(50)), [] as [Vec<u8>; 0]);
            assert_eq!(sources.decoder_restarts(), 1, "{script}");
            assert!(second.worker.is_none());
        }
    }

    #[test]
    fn without_the_program_there_is_no_opinion_and_no_trouble() {
        let sources = Arc::new(Sources::default());
        let mut second = SecondOpinion::new("/nowhere/code-worker".into(), Arc::clone(&sources));
        assert_eq!(second.ask(&plane(), Duration::from_millis(50)), [] as [Vec<u8>; 0]);
        assert_eq!(sources.decoder_restarts(), 0);
    }
}
