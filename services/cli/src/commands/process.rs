//! Whether a service's process is there, as proc(5) tells everybody.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

pub const SERVICES: [&str; 8] =
    ["ledger", "checkout", "printer", "media-capture", "scanner", "sms-gateway", "till", "issuer"];

/// Of the services' command lines.
const CONFIG_DEFAULT: &str = "/etc/chit/chit.toml";

#[derive(Debug, PartialEq, Eq)]
pub struct Process {
    pub pid: u32,
    /// Stopped by a signal or a debugger, until it is told to go on.
    pub held: bool,
}

/// The process that runs this program with this configuration.
pub fn of(program: &Path, config: &Path) -> Option<Process> {
    let config = std::path::absolute(config).ok()?;
    let entries = fs::read_dir("/proc").ok()?.flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let words: Vec<&OsStr> = line.split(|byte| *byte == 0).map(OsStr::from_bytes).collect();
        if Path::new(words.first()?).file_name() != program.file_name() {
            return None;
        }
        let given = words.iter().skip_while(|word| **word != "--config").nth(1);
        let given = given.map_or(Path::new(CONFIG_DEFAULT), |given| Path::new(given));
        (given == config).then_some(Process { pid, held: is_held(pid)? })
    })
    .next()
}

/// `None`: there is no such process any more. It is held when each of its threads is: one may be in the midst of a write.
pub fn is_held(pid: u32) -> Option<bool> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten();
    let mut states = threads.filter_map(|thread| state(&thread.path())).peekable();
    states.peek()?;
    // A dead one that nobody has buried writes nothing.
    Some(states.all(|state| matches!(state, 'T' | 't' | 'Z' | 'X')))
}

/// It stands behind the name, which may hold spaces and brackets itself.
fn state(thread: &Path) -> Option<char> {
    let stat = fs::read_to_string(thread.join("stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
    use std::io::Read as _;
    use std::process::{Command, Stdio};

    #[test]
    fn a_held_process_is_told_from_a_running_one_and_another_shop_s_from_ours() {
        let dir = tempfile::tempdir().unwrap();
        let (program, config) = (dir.path().join("chit-scanner"), dir.path().join("chit.toml"));
        std::os::unix::fs::symlink("/bin/sh", &program).unwrap();
        let mut command = Command::new(&program);
        command.args(["-c", "echo; read _; exit", "--config"]).arg(&config);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        // It runs: before that its command line may be empty.
        child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        let pid = child.id();
        assert_eq!(of(&program, &config), Some(Process { pid, held: false }));
        assert_eq!(of(&program, &dir.path().join("other.toml")), None);
        kill_process(Pid::from_child(&child), Signal::STOP).unwrap();
        waitid(WaitId::Pid(Pid::from_child(&child)), WaitIdOptions::STOPPED).unwrap();
        assert_eq!(of(&program, &config), Some(Process { pid, held: true }));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
