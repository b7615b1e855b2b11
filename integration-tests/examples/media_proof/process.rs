//! What a process has used, from /proc (proc_pid_stat(5), proc_pid_status(5)).

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;

/// Processor time of a process and of its children that have ended.
pub fn cpu(pid: u32) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after_name = stat.rsplit_once(')').context("stat")?.1;
    // Behind the name: state is field 3, utime 14, stime 15.
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field - 3).and_then(|ticks| ticks.parse::<u64>().ok());
    let ticks = ticks(14).zip(ticks(15)).context("stat")?;
    Ok(Duration::from_millis((ticks.0 + ticks.1) * 1000 / 100))
}

/// The most memory it ever had.
pub fn rss_mb(pid: u32) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
    let kb: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kb / 1024.0)
}

/// Programs that do nothing but take processor time, twice as many as there are processors.
pub struct Spinners(Vec<Child>);

impl Spinners {
    pub fn start() -> anyhow::Result<Self> {
        let processors = std::thread::available_parallelism()?.get();
        let spin = || Command::new("sh").args(["-c", "while :; do :; done"]).stdin(Stdio::null()).spawn();
        Ok(Self((0..processors * 2).map(|_| spin()).collect::<Result<_, _>>()?))
    }
}

impl Drop for Spinners {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // One that has ended cannot be killed.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
