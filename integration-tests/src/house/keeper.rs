//! Keeps one service running: holds its socket, hands it on, and starts the service anew when it dies.
//!
//! One thread a service spawns and waits, so that the kernel's parent-death signal, which belongs to the spawning
//! thread (prctl(2), PR_SET_PDEATHSIG), means exactly "the keeper is gone".

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use command_fds::{CommandFdExt as _, FdMapping};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

use super::{Place, program};

/// First descriptor of the socket-activation protocol (sd_listen_fds(3)).
const LISTEN_FDS_START: i32 = 3;
/// sysexits.h EX_USAGE: a bad configuration does not get better by trying again.
const EXIT_CONFIG: i32 = 64;
/// A life shorter than this is a failed start; the next one waits a little, within the 200 ms promised.
const SHORT_LIFE: Duration = Duration::from_secs(1);
const PAUSE_AFTER_SHORT_LIFE: Duration = Duration::from_millis(100);
const SHORT_LIVES_MAX: u32 = 30;
/// A service drains for 3 s and stops within 5 s.
const STOP_MAX: Duration = Duration::from_secs(7);
/// LISTEN_PID must be the pid of the service itself: the shell sets it to its own and becomes the service.
const BECOME_SERVICE: &str = "export LISTEN_PID=$$; exec setpriv --pdeathsig KILL -- \"$0\" \"$@\"";

pub struct Keeper {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    service: &'static str,
    state: Mutex<State>,
    changed: Condvar,
    given_up: tokio::sync::watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    wanted: bool,
    closing: bool,
    pid: Option<Pid>,
    starts: u32,
    short_lives: u32,
    last_exit: Option<ExitStatus>,
    spawn_error: Option<String>,
}

/// What a thread needs to start the service.
struct Recipe {
    program: PathBuf,
    config: PathBuf,
    place: Place,
    socket: UnixListener,
}

impl Keeper {
    pub fn start(service: &'static str, place: &Place) -> anyhow::Result<Self> {
        let path = place.run_dir().join(format!("{service}.sock"));
        // Only the owner of the folder's lock comes here, so a socket that is there is a dead one.
        let _ = fs::remove_file(&path);
        let socket = UnixListener::bind(&path).with_context(|| format!("socket {}", path.display()))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o660))?;
        let recipe = Recipe {
            program: program(&format!("chit-{service}"))?,
            config: place.config(),
            place: place.clone(),
            socket,
        };
        let shared = Arc::new(Shared {
            service,
            state: Mutex::new(State { wanted: true, ..State::default() }),
            changed: Condvar::new(),
            given_up: tokio::sync::watch::Sender::new(false),
        });
        let kept = shared.clone();
        let thread =
            thread::Builder::new().name(format!("keep-{service}")).spawn(move || kept.keep(&recipe))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Signals the running process; if it dies of that, the keeper starts another.
    pub fn kill(&self, signal: Signal) -> anyhow::Result<()> {
        let state = self.shared.lock();
        let pid = state.pid.with_context(|| format!("{} is not running", self.shared.service))?;
        Ok(rustix::process::kill_process(pid, signal)?)
    }

    pub fn pid(&self) -> Option<u32> {
        self.shared.lock().pid.map(|pid| pid.as_raw_nonzero().get().unsigned_abs())
    }

    /// How often it was started.
    pub fn starts(&self) -> u32 {
        self.shared.lock().starts
    }

    /// Waits until it was started more often than `before`.
    pub fn wait_started_after(&self, before: u32, deadline: Duration) -> bool {
        let not_yet = |state: &mut State| state.starts <= before;
        let waited = self.shared.changed.wait_timeout_while(self.shared.lock(), deadline, not_yet);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Ends it and leaves it down until `resume`; its callers queue in the socket. False if it had to be killed.
    pub fn pause(&self) -> bool {
        self.ask_to_stop();
        self.shared.wait_down()
    }

    pub fn resume(&self) {
        self.shared.lock().wanted = true;
        self.shared.changed.notify_all();
    }

    pub fn ask_to_stop(&self) {
        let mut state = self.shared.lock();
        state.wanted = false;
        if let Some(pid) = state.pid {
            // It may be dead and not yet reaped; then there is nothing to ask.
            let _ = rustix::process::kill_process(pid, Signal::TERM);
        }
        self.shared.changed.notify_all();
    }

    /// Ends it for good. False if it had to be killed.
    pub fn end(mut self) -> bool {
        self.ask_to_stop();
        let polite = self.shared.wait_down();
        self.close();
        polite
    }

    /// Returns when the service will not be started any more.
    pub async fn wait_given_up(&self) {
        // The sender lives in `self`.
        let _ = self.shared.given_up.subscribe().wait_for(|given_up| *given_up).await;
    }

    /// For an error message.
    pub fn state(&self) -> String {
        let state = self.shared.lock();
        let exit = state.last_exit.map(|status| format!(", last {status}")).unwrap_or_default();
        let spawn = state.spawn_error.as_deref().unwrap_or_default();
        format!("{} starts{exit}{spawn}", state.starts)
    }

    fn close(&mut self) {
        {
            let mut state = self.shared.lock();
            (state.wanted, state.closing) = (false, true);
            if let Some(pid) = state.pid {
                let _ = rustix::process::kill_process(pid, Signal::KILL);
            }
            self.shared.changed.notify_all();
        }
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has already been printed.
            let _ = thread.join();
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, recipe: &Recipe) {
        loop {
            let mut state = self.lock();
            while !state.wanted && !state.closing {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.closing {
                return;
            }
            let child = match recipe.spawn(self.service) {
                Ok(child) => child,
                Err(error) => {
                    state.spawn_error = Some(format!(", cannot start: {error:#}"));
                    state.wanted = false;
                    self.given_up.send_replace(true);
                    continue;
                }
            };
            state.starts += 1;
            state.pid = Some(Pid::from_child(&child));
            self.changed.notify_all();
            drop(state);
            self.watch_over(child);
        }
    }

    fn watch_over(&self, mut child: Child) {
        let born = Instant::now();
        // The pid stays ours until it is reaped: nobody signals a stranger that got the same number.
        let exited = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while rustix::process::waitid(WaitId::Pid(Pid::from_child(&child)), exited)
            .is_err_and(|e| e == rustix::io::Errno::INTR)
        {}
        let mut state = self.lock();
        state.pid = None;
        state.last_exit = child.wait().ok();
        let short = born.elapsed() < SHORT_LIFE && state.wanted;
        state.short_lives = if short { state.short_lives + 1 } else { 0 };
        let hopeless = state.last_exit.and_then(|status| status.code()) == Some(EXIT_CONFIG);
        if hopeless || state.short_lives > SHORT_LIVES_MAX {
            state.wanted = false;
            self.given_up.send_replace(true);
        }
        self.changed.notify_all();
        if state.short_lives > 1 {
            let woken = |state: &mut State| !state.closing;
            drop(self.changed.wait_timeout_while(state, PAUSE_AFTER_SHORT_LIFE, woken));
        }
    }

    fn wait_down(&self) -> bool {
        let running = |state: &mut State| state.pid.is_some();
        let (state, waited) = self
            .changed
            .wait_timeout_while(self.lock(), STOP_MAX, running)
            .unwrap_or_else(PoisonError::into_inner);
        if !waited.timed_out() {
            return true;
        }
        if let Some(pid) = state.pid {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
        drop(self.changed.wait_while(state, running));
        false
    }
}

impl Recipe {
    fn spawn(&self, service: &str) -> anyhow::Result<Child> {
        let log = self.place.log_file(service)?;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", BECOME_SERVICE]).arg(&self.program).arg("--config").arg(&self.config);
        // A group of its own: Ctrl-C in the terminal is for the supervisor, who ends its services in order.
        command.process_group(0);
        command.env("LISTEN_FDS", "1").env_remove("OTEL_EXPORTER_OTLP_ENDPOINT").env_remove("NOTIFY_SOCKET");
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let socket = FdMapping { parent_fd: self.socket.try_clone()?.into(), child_fd: LISTEN_FDS_START };
        command.fd_mappings(vec![socket])?;
        command.spawn().context("/bin/sh")
    }
}
