//! For a moment nothing is written: every process that may write below the state folder is held by SIGSTOP.
//!
//! What lies on the disk then is what a SIGKILL of all of them at once would leave, and from that every service continues.
//! No order of holding matters: one that is held sends nothing more, so no store knows of a message whose sender's does not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::commands::process;

/// Callers wait meanwhile; services give each other 2 s, and systemd's watchdog is slower.
pub const HOLD_MAX: Duration = Duration::from_secs(2);
/// A write that the kernel is doing ends first.
const STOP_MAX: Duration = Duration::from_secs(1);
/// One that started while the others were being held is found by the next look.
const LOOKS_MAX: usize = 5;
/// Services with a folder of state.
const KEEPERS: [&str; 6] = ["ledger", "checkout", "printer", "media-capture", "sms-gateway", "issuer"];

/// Continues the processes if this one dies meanwhile, and in any case after five seconds: its standard input ends with us.
/// Neither Ctrl-C nor the end of a unit reaches it.
const GUARD: &str = "trap '' TERM INT HUP; timeout -s KILL 5 cat >/dev/null; kill -CONT \"$@\" 2>/dev/null";

/// Dropping it lets all of them go on.
pub struct Hold {
    held: Vec<Pid>,
    guards: Vec<Child>,
    began: Instant,
}

impl Hold {
    pub fn of(state_dir: &Path, config: &Path) -> anyhow::Result<Self> {
        let state_dir = state_dir.canonicalize().with_context(|| state_dir.display().to_string())?;
        let mut hold = Self { held: Vec::new(), guards: Vec::new(), began: Instant::now() };
        for _ in 0..LOOKS_MAX {
            let new: Vec<Pid> =
                writers(&state_dir)?.into_iter().filter(|pid| !hold.held.contains(pid)).collect();
            if new.is_empty() {
                hold.must_have_all(config)?;
                return Ok(hold);
            }
            hold.stop(&new)?;
        }
        bail!("services start faster than they can be held; see `chit doctor`, then try again")
    }

    fn stop(&mut self, new: &[Pid]) -> anyhow::Result<()> {
        let pids = new.iter().map(|pid| pid.as_raw_nonzero().to_string());
        let mut guard = Command::new("/bin/sh");
        guard.args(["-c", GUARD, "sh"]).args(pids).stdin(Stdio::piped()).stdout(Stdio::null());
        guard.stderr(Stdio::null());
        std::os::unix::process::CommandExt::process_group(&mut guard, 0);
        self.guards.push(guard.spawn().context("/bin/sh")?);
        for pid in new {
            self.held.push(*pid);
            // It may have died just now: then the next look finds the one that follows it.
            let _ = kill_process(*pid, Signal::STOP);
        }
        let deadline = Instant::now() + STOP_MAX;
        while new.iter().any(|pid| process::is_held(number(*pid)) == Some(false)) {
            if Instant::now() > deadline {
                bail!("a service did not stop for a copy within {} s: a slow disk?", STOP_MAX.as_secs());
            }
            std::thread::yield_now();
        }
        Ok(())
    }

    /// Of another user's process nobody but root learns which files it has.
    fn must_have_all(&self, config: &Path) -> anyhow::Result<()> {
        for service in KEEPERS {
            let running = process::of(Path::new(&format!("chit-{service}")), config);
            if let Some(running) = running
                && !self.held.iter().any(|pid| number(*pid) == running.pid)
            {
                bail!("cannot hold chit-{service} (process {}) for the copy: use sudo", running.pid);
            }
        }
        Ok(())
    }

    /// Lets them go on. An error if one of them went on before, or a new one came: then the copy is not of one moment.
    pub fn release(self, state_dir: &Path) -> anyhow::Result<Duration> {
        let state_dir = state_dir.canonicalize()?;
        let whole = self.held.iter().all(|pid| process::is_held(number(*pid)) != Some(false));
        let alone = writers(&state_dir)?.iter().all(|pid| self.held.contains(pid));
        let held = self.began.elapsed();
        drop(self);
        if !whole || !alone || held > HOLD_MAX {
            bail!("the services could not be held for the whole copy ({} ms)", held.as_millis());
        }
        Ok(held)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        for pid in &self.held {
            let _ = kill_process(*pid, Signal::CONT);
        }
        for guard in &mut self.guards {
            drop(guard.stdin.take());
            let _ = guard.wait();
        }
    }
}

fn number(pid: Pid) -> u32 {
    pid.as_raw_nonzero().get().unsigned_abs()
}

/// Processes other than this one that have a file below the folder open for writing (proc(5), fd and fdinfo).
fn writers(folder: &Path) -> anyhow::Result<Vec<Pid>> {
    let own = std::process::id();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").context("/proc")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        if pid != own && writes_below(&entry.path(), folder) {
            found.extend(i32::try_from(pid).ok().and_then(Pid::from_raw));
        }
    }
    Ok(found)
}

fn writes_below(process: &Path, folder: &Path) -> bool {
    // Gone, or another user's.
    let Ok(files) = fs::read_dir(process.join("fd")) else { return false };
    files.flatten().any(|file| {
        let below = fs::read_link(file.path()).is_ok_and(|target| target.starts_with(folder));
        below && is_for_writing(&process.join("fdinfo").join(file.file_name()))
    })
}

/// The line `flags:` is octal; its last digit is the access mode (open(2)): 0 reads only.
fn is_for_writing(info: &PathBuf) -> bool {
    let text = fs::read_to_string(info).unwrap_or_default();
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
    flags.is_some_and(|flags| flags.trim().ends_with(['1', '2', '5', '6']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead as _, BufReader};

    /// Writes a line a round into a file of the folder, and says so.
    fn writer(folder: &Path) -> Child {
        let script = "exec 3>>\"$0/book\"; echo open; while read _; do echo line >&3; echo done; done";
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.spawn().unwrap()
    }

    #[test]
    fn who_writes_below_the_folder_is_held_and_goes_on_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let mut child = writer(dir.path());
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(said.next().unwrap().unwrap(), "open");
        let config = dir.path().join("chit.toml");
        let hold = Hold::of(dir.path(), &config).unwrap();
        assert_eq!(process::is_held(child.id()), Some(true));
        hold.release(dir.path()).unwrap();
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success(), "it went on to the end of its input");
    }

    #[test]
    fn a_copy_during_which_somebody_went_on_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let mut child = writer(dir.path());
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(said.next().unwrap().unwrap(), "open");
        let hold = Hold::of(dir.path(), &dir.path().join("chit.toml")).unwrap();
        kill_process(Pid::from_child(&child), Signal::CONT).unwrap();
        let refused = hold.release(dir.path()).unwrap_err().to_string();
        assert!(refused.contains("could not be held"), "{refused}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
