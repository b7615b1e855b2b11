//! The listener a service manager handed over (sd_listen_fds(3)): callers queue in it while the service restarts.

use std::io;
use std::os::unix::net::UnixListener;
use std::sync::Mutex;

static LISTENER: Mutex<Option<UnixListener>> = Mutex::new(None);

/// Called once, before any thread exists: it removes LISTEN_FDS from the environment.
pub(crate) fn collect() -> io::Result<()> {
    let mut fds = listenfd::ListenFd::from_env();
    if fds.len() > 0 {
        *LISTENER.lock().expect("no holder panics") = fds.take_unix_listener(0)?;
    }
    Ok(())
}

pub(crate) fn take() -> Option<UnixListener> {
    LISTENER.lock().expect("no holder panics").take()
}
