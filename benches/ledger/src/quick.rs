//! The ledger beside its ceilings only, a few seconds, for work on the ledger: what each transfer costs in processor time,
//! which a busy machine distorts less than rates. No report.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use crate::grpc;
use crate::ledger::Ledger;
use crate::load::{Jobs, Seen};
use crate::probe;
use crate::round::{BATCHERS, CLIENTS};

const TIME: Duration = Duration::from_secs(2);
/// Kernel ticks a second in /proc (USER_HZ).
const TICKS_PER_S: f64 = 100.0;

/// Measured unless others are named.
const ALL: [&str; 9] = [
    "probe",
    "noop 1",
    "ledger 1",
    "ledger 64",
    "ledger 256",
    "ledger 256 hot",
    "ledger 100",
    "ledger 1000",
    "noop 256",
];

pub async fn run(folder: &Path, ledger: &Path, noop: &Path, names: &[String]) -> anyhow::Result<()> {
    let ledger = Ledger::start(ledger, &folder.join("l")).await?;
    ledger.open_accounts().await?;
    let pid = ledger.pid();
    let ids = Arc::new(AtomicU64::new(1));
    let (even, hot) = (Jobs::new(&ids, false), Jobs::new(&ids, true));
    let (one, many) = (ledger.clients(1)?, ledger.clients(CLIENTS)?);
    let (noop_one, noop) = (grpc::clients(noop, 1)?, grpc::clients(noop, CLIENTS)?);
    let mut before = cpu(pid);
    let all: Vec<&str> =
        if names.is_empty() { ALL.into() } else { names.iter().map(String::as_str).collect() };
    for name in all {
        let seen = match name {
            "probe" => probe::run(folder, Duration::from_millis(500))?,
            "noop 1" => grpc::unary(&noop_one, 1, TIME, even.clone()).await,
            "noop 256" => grpc::unary(&noop, CLIENTS, TIME, even.clone()).await,
            "ledger 1" => grpc::unary(&one, 1, TIME, even.clone()).await,
            "ledger 64" => grpc::unary(&many, 64, TIME, even.clone()).await,
            "ledger 256" => grpc::unary(&many, CLIENTS, TIME, even.clone()).await,
            "ledger 256 hot" => grpc::unary(&many, CLIENTS, TIME, hot.clone()).await,
            "ledger 100" => grpc::batches(&many, BATCHERS, 100, TIME, even.clone()).await,
            "ledger 1000" => grpc::batches(&many, BATCHERS, 1000, TIME, even.clone()).await,
            _ => anyhow::bail!("{name} is none of {}", ALL.join(", ")),
        };
        let after = cpu(pid);
        let spent =
            name.starts_with("ledger").then(|| spent(&before, &after, seen.rate * TIME.as_secs_f64()));
        line(name, seen, spent.as_deref());
        before = after;
    }
    Ok(())
}

fn line(name: &str, seen: Seen, cpu: Option<&str>) {
    let Seen { rate, p50_ms, p99_ms } = seen;
    let cpu = cpu.unwrap_or_default();
    println!("  {name:<16} {rate:>8.0}/s  p50 {p50_ms:>7.3} ms  p99 {p99_ms:>7.3} ms  {cpu}");
}

/// Microseconds a transfer, by thread name.
fn spent(before: &BTreeMap<String, f64>, after: &BTreeMap<String, f64>, transfers: f64) -> String {
    let own = after.iter().map(|(name, s)| (name, s - before.get(name).unwrap_or(&0.0)));
    let texts = own.filter(|(_, s)| *s > 0.0).map(|(name, s)| format!("{name} {:.2}", s * 1e6 / transfers));
    texts.collect::<Vec<_>>().join(", ") + " us/transfer"
}

/// Seconds of processor time of a process, by thread name.
fn cpu(pid: u32) -> BTreeMap<String, f64> {
    let mut seconds = BTreeMap::new();
    for task in std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
        let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        let Some((head, rest)) = stat.rsplit_once(')') else { continue };
        let name = head.split_once('(').map_or("", |(_, name)| name).to_owned();
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks = |n: usize| fields.get(n).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
        // Fields 14 and 15 of proc(5): user and system time.
        *seconds.entry(name).or_default() += (ticks(11) + ticks(12)) / TICKS_PER_S;
    }
    seconds
}

pub fn cpu_seconds(pid: u32) -> f64 {
    cpu(pid).values().sum()
}
