//! Deaths at named points, for tests; nothing of it is in a release build.
//!
//! In a sandbox the file `run_dir/SERVICE.die` holds a point's name and how often the service is to die there, for example
//! `checkout/send_message/done 2`. Each death counts itself off before it comes, so that the next life goes on.

use crate::config::Shared;

/// From now on this process looks into that file at each point.
#[cfg(debug_assertions)]
pub fn watch(service: &str, shared: &Shared) {
    if shared.sandbox {
        let _set_before = armed::FILE.set(shared.run_dir.join(format!("{service}.die")));
    }
}

#[cfg(not(debug_assertions))]
pub fn watch(_: &str, _: &Shared) {}

/// Here the process may be told to die, by SIGKILL.
#[cfg(debug_assertions)]
pub fn failpoint(name: &str) {
    let Some(file) = armed::FILE.get() else { return };
    let _one_death_at_a_time = armed::DYING.lock();
    if armed::take(file, name) {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        // The signal may take a moment; nothing of what follows must happen.
        std::thread::park();
    }
}

#[cfg(not(debug_assertions))]
pub fn failpoint(_: &str) {}

#[cfg(debug_assertions)]
mod armed {
    use std::path::{Path, PathBuf};
    use std::sync::{Mutex, OnceLock};

    use crate::clock::write_atomically;

    pub static FILE: OnceLock<PathBuf> = OnceLock::new();
    pub static DYING: Mutex<()> = Mutex::new(());

    /// True if a death at this point was ordered; it is one less then.
    pub fn take(file: &Path, name: &str) -> bool {
        let Ok(order) = std::fs::read_to_string(file) else { return false };
        let Some((point, left)) = order.trim().rsplit_once(' ') else { return false };
        let left = left.parse::<u32>().unwrap_or_default();
        point == name
            && left > 0
            && write_atomically(file, format!("{point} {}", left - 1).as_bytes()).is_ok()
    }
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::armed::take;

    #[test]
    fn a_death_comes_as_often_as_it_was_ordered_and_at_that_point_only() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("checkout.die");
        assert!(!take(&file, "checkout/refund/done"), "nobody ordered any");
        std::fs::write(&file, "checkout/refund/done 2\n").unwrap();
        let passes = ["refund/begin", "refund/done", "refund/done", "refund/done"];
        let deaths = passes.map(|point| take(&file, &format!("checkout/{point}")));
        assert_eq!(deaths, [false, true, true, false]);
    }
}
