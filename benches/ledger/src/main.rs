//! `just bench-ledger`: rounds that interleave everything, so that each ratio is taken between neighbours in time.
//!
//! A round whose disk probe has a median above 1 ms says more about the machine's other work than about the ledger: it
//! is refused and another one is tried.

mod grpc;
mod ledger;
mod load;
mod postgres;
mod probe;
mod quick;
mod report;
mod round;
mod sqlite;
mod versus;

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context as _, ensure};

use round::{Round, Shop};

/// Tries for each round that is asked for.
const TRIES: usize = 4;
/// Before the next try after a refused one.
const CALM: Duration = Duration::from_secs(3);

struct Settings {
    rounds: usize,
    time: Duration,
    folder: PathBuf,
    ledger: PathBuf,
    out: PathBuf,
    docs: PathBuf,
}

impl Settings {
    fn parse() -> anyhow::Result<Self> {
        let mut settings = Self {
            rounds: 6,
            time: Duration::from_secs(3),
            folder: "/var/tmp".into(),
            ledger: "target/release/chit-ledger".into(),
            out: "target/bench/ledger.json".into(),
            docs: "docs/benchmarks.md".into(),
        };
        let mut words = std::env::args().skip(1);
        while let Some(name) = words.next() {
            let value = words.next().with_context(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--rounds" => settings.rounds = value.parse()?,
                "--seconds" => settings.time = Duration::from_secs_f64(value.parse()?),
                "--dir" => settings.folder = value.into(),
                "--ledger" => settings.ledger = value.into(),
                "--out" => settings.out = value.into(),
                "--docs" => settings.docs = value.into(),
                _ => anyhow::bail!("{name} is unknown: --rounds --seconds --dir --ledger --out --docs"),
            }
        }
        Ok(settings)
    }
}

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if std::env::args().nth(1).as_deref() == Some("quick") {
        return runtime.block_on(quick());
    }
    if std::env::args().nth(1).as_deref() == Some("versus") {
        return runtime.block_on(versus());
    }
    if std::env::args().nth(1).as_deref() == Some("noop") {
        let socket = std::env::args().nth(2).context("noop SOCKET")?;
        return runtime.block_on(grpc::serve_noop(socket.into()));
    }
    runtime.block_on(bench(Settings::parse()?))
}

async fn bench(settings: Settings) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("chit-bench").tempdir_in(&settings.folder)?;
    // PostgreSQL runs as another user.
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let noop = Noop::start(&folder.path().join("noop.sock"))?;
    let mut shop = Shop::open(folder.path(), &settings.ledger, &noop.socket, settings.time).await?;
    let mut rounds: Vec<Round> = Vec::new();
    for attempt in 1..=settings.rounds * TRIES {
        if rounds.len() == settings.rounds {
            break;
        }
        eprintln!("round {} ({attempt}. try)", rounds.len() + 1);
        match shop.round().await? {
            Ok(round) => {
                rounds.push(round);
                let (done, open_ms) = (rounds.len(), rounds.last().map_or(0.0, |round| round.open_ms));
                eprintln!("round {done} of {}: open after kill -9 {open_ms:.0} ms", settings.rounds);
            }
            Err(p50_ms) => {
                eprintln!("refused: a sync takes {p50_ms:.2} ms now");
                tokio::time::sleep(CALM).await;
            }
        }
    }
    ensure!(
        rounds.len() == settings.rounds,
        "only {} of {} rounds were calm enough: nothing is reported; try when the machine does nothing else",
        rounds.len(),
        settings.rounds
    );
    let report = report::Report::new(&rounds);
    println!("{}", report.table());
    report.write(&settings.out, &settings.docs)
}

struct Noop {
    socket: PathBuf,
    process: Child,
}

impl Noop {
    fn start(socket: &Path) -> anyhow::Result<Self> {
        let process = Command::new(std::env::current_exe()?).arg("noop").arg(socket).spawn()?;
        Ok(Self { socket: socket.to_owned(), process })
    }
}

impl Drop for Noop {
    fn drop(&mut self) {
        let _gone_already = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// `quick [BINARY [NAME…]]`: the ledger alone beside its ceilings, a few seconds, for work on the ledger. No report.
async fn quick() -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("chit-bench").tempdir_in("/var/tmp")?;
    let noop = Noop::start(&folder.path().join("noop.sock"))?;
    let binary = std::env::args().nth(2).unwrap_or_else(|| "target/release/chit-ledger".to_owned());
    let names: Vec<String> = std::env::args().skip(3).collect();
    quick::run(folder.path(), Path::new(&binary), &noop.socket, &names).await
}

/// `versus OLD NEW [CLIENTS]`: two builds in turn.
async fn versus() -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("chit-bench").tempdir_in("/var/tmp")?;
    let words: Vec<String> = std::env::args().skip(2).collect();
    let [old, new, clients @ ..] = &words[..] else { anyhow::bail!("versus OLD NEW [CLIENTS]") };
    let clients = clients.first().map_or(Ok(round::CLIENTS), |count| count.parse())?;
    versus::run(folder.path(), [Path::new(old), Path::new(new)], clients).await
}
