//! The listener a service manager handed over (sd_listen_fds(3)): callers queue in it while the service restarts.

use std::io;
use std::os::unix::net::UnixListener;
use std::sync::Mutex;

static LISTENER: Mutex<Option<UnixListener>> = Mutex::new(None);

/// Called once, before any thread exists: it removes LISTEN_FDS from the environment.
pub fn collect() -> io::Result<()> {
    let mut fds = listenfd::ListenFd::from_env();
    if fds.len() > 0 {
        *LISTENER.lock().expect("no holder panics") = fds.take_unix_listener(0)?;
    }
    Ok(())
}

pub fn take() -> Option<UnixListener> {
    LISTENER.lock().expect("no holder panics").take()
}

#[cfg(test)]
mod tests {
    use super::*;
    use command_fds::{CommandFdExt, FdMapping};
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    use std::process::Command;

    const CHILD: &str = "CHIT_TEST_INHERITS";

    /// Run as the child of the test below; alone it has nothing to inherit.
    #[test]
    fn child_answers_on_what_it_inherited() {
        collect().unwrap();
        let listener = take();
        assert_eq!(listener.is_some(), std::env::var_os(CHILD).is_some());
        if let Some(listener) = listener {
            listener.accept().unwrap().0.write_all(b"inherited").unwrap();
        }
    }

    #[test]
    fn a_listener_handed_over_by_the_service_manager_is_used() {
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join("s")).unwrap();
        // Connected before the service runs: the queue of the listener holds the caller.
        let mut caller = UnixStream::connect(dir.path().join("s")).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "inherited::tests::child_answers_on_what_it_inherited"]);
        child.env("LISTEN_FDS", "1").env_remove("LISTEN_PID").env(CHILD, "1");
        child.fd_mappings(vec![FdMapping { parent_fd: listener.into(), child_fd: 3 }]).unwrap();
        let output = child.output().unwrap();
        let mut said = String::new();
        caller.read_to_string(&mut said).unwrap();
        assert_eq!(said, "inherited", "{output:?}");
    }
}
