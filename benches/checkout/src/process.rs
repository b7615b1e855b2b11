//! What the kernel says of a process, and how one is made to wait.

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};

/// Processor time so far, in seconds.
pub fn cpu_s(pid: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in brackets may hold anything; the fields after it are numbers (proc(5)).
    let (_, fields) = stat.rsplit_once(')').context("/proc/PID/stat")?;
    let ticks = |at: usize| fields.split_whitespace().nth(at).and_then(|text| text.parse::<f64>().ok());
    let (user, system) = (ticks(11).context("utime")?, ticks(12).context("stime")?);
    Ok((user + system) / rustix::param::clock_ticks_per_second() as f64)
}

/// The most memory it ever held, in MB.
pub fn rss_peak_mb(pid: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
    let kb: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kb / 1024.0)
}

/// A process that is not measured now must not take the processor from one that is.
pub fn pause(pid: u32, paused: bool) -> anyhow::Result<()> {
    let pid = Pid::from_raw(i32::try_from(pid)?).context("a process id")?;
    Ok(kill_process(pid, if paused { Signal::STOP } else { Signal::CONT })?)
}
