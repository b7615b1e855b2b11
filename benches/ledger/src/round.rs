//! One round: everything once, one after the other.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use crate::grpc::{self, Clients};
use crate::ledger::Ledger;
use crate::load::{Jobs, Seen};
use crate::postgres::Postgres;
use crate::probe;
use crate::sqlite::Sqlite;

/// A slower disk means that something else uses it, or the cores.
const PROBE_P50_MS_MAX: f64 = 1.0;
pub const CLIENTS: usize = 256;
/// PostgreSQL is asked on a connection for each client, and through a pool, which it likes better.
const POOL: usize = 32;
/// Callers that send batches.
pub const BATCHERS: usize = 8;

/// The ledger's and PostgreSQL's batches, by size.
const BATCHES: [(&str, &str, usize); 3] = [
    ("ledger 100", "postgres 100", 100),
    ("ledger 1000", "postgres 1000", 1000),
    ("ledger 8000", "postgres 8000", 8000),
];

/// What one round saw, by name, in the order of measuring.
pub struct Round {
    pub seen: Vec<(&'static str, Seen)>,
    pub open_ms: f64,
}

/// Says each measurement as it comes: a round takes more than a minute.
#[derive(Default)]
struct Seens(Vec<(&'static str, Seen)>);

impl Seens {
    fn push(&mut self, name: &'static str, seen: Seen) {
        let Seen { rate, p50_ms, p99_ms } = seen;
        eprintln!("  {name:<24} {rate:>9.0}/s  p50 {p50_ms:>7.3} ms  p99 {p99_ms:>7.3} ms");
        self.0.push((name, seen));
    }
}

impl Round {
    pub fn get(&self, name: &str) -> Seen {
        self.seen
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, seen)| *seen)
            .expect("a known measurement")
    }
}

/// All competitors, running.
pub struct Shop {
    folder: std::path::PathBuf,
    time: Duration,
    ids: Arc<AtomicU64>,
    ledger: Ledger,
    noop: Clients,
    noop_one: Clients,
    sqlite: Sqlite,
    postgres: Postgres,
}

impl Shop {
    pub async fn open(folder: &Path, ledger: &Path, noop: &Path, time: Duration) -> anyhow::Result<Self> {
        let ledger = Ledger::start(ledger, &folder.join("l")).await?;
        ledger.open_accounts().await?;
        Ok(Self {
            folder: folder.to_owned(),
            time,
            ids: Arc::new(AtomicU64::new(1)),
            ledger,
            noop: grpc::clients(noop, CLIENTS)?,
            noop_one: grpc::clients(noop, 1)?,
            sqlite: Sqlite::start(folder)?,
            postgres: Postgres::start(&folder.join("pg"), CLIENTS).await?,
        })
    }

    fn jobs(&self, hot: bool) -> Jobs {
        Jobs::new(&self.ids, hot)
    }

    /// `Err` = the round is refused; the probe's median.
    pub async fn round(&mut self) -> anyhow::Result<Result<Round, f64>> {
        let time = self.time;
        let before = self.probe().await?;
        if before.p50_ms > PROBE_P50_MS_MAX {
            return Ok(Err(before.p50_ms));
        }
        let (one, many) = (self.ledger.clients(1)?, self.ledger.clients(CLIENTS)?);
        let (even, hot) = (self.jobs(false), self.jobs(true));
        let pg = &self.postgres;
        let mut seen = Seens::default();
        seen.push("probe", before);
        seen.push("noop 1", grpc::unary(&self.noop_one, 1, time, even.clone()).await);
        seen.push("ledger 1", grpc::unary(&one, 1, time, even.clone()).await);
        seen.push("postgres 1", pg.single(1, time, even.clone()).await);
        seen.push("sqlite 1", self.sqlite.run(1, 1, time, even.clone()).await);
        seen.push("ledger 16", grpc::unary(&many, 16, time, even.clone()).await);
        seen.push("ledger 64", grpc::unary(&many, 64, time, even.clone()).await);
        seen.push("noop 256", grpc::unary(&self.noop, CLIENTS, time, even.clone()).await);
        seen.push("ledger 256", grpc::unary(&many, CLIENTS, time, even.clone()).await);
        seen.push("postgres 256", pg.single(CLIENTS, time, even.clone()).await);
        seen.push("postgres 256 pooled", pg.pooled(CLIENTS, POOL, time, even.clone()).await);
        seen.push("sqlite 256", self.sqlite.run(CLIENTS, 1, time, even.clone()).await);
        seen.push("ledger 64 hot", grpc::unary(&many, 64, time, hot.clone()).await);
        seen.push("ledger 256 hot", grpc::unary(&many, CLIENTS, time, hot.clone()).await);
        seen.push("postgres 256 hot", pg.single(CLIENTS, time, hot.clone()).await);
        seen.push("postgres 256 hot pooled", pg.pooled(CLIENTS, POOL, time, hot.clone()).await);
        seen.push("sqlite 1000", self.sqlite.run(BATCHERS, 1000, time, even.clone()).await);
        for (ours, theirs, size) in BATCHES {
            seen.push(theirs, pg.batches(BATCHERS, size, time, even.clone()).await);
            seen.push(ours, grpc::batches(&many, BATCHERS, size, time, even.clone()).await);
        }
        // In the worst moment: right after the heaviest load, when the index is furthest behind.
        let open_ms = self.ledger.kill_and_open().await?;
        let after = self.probe().await?;
        if after.p50_ms > PROBE_P50_MS_MAX {
            return Ok(Err(after.p50_ms));
        }
        Ok(Ok(Round { seen: seen.0, open_ms }))
    }

    async fn probe(&self) -> anyhow::Result<Seen> {
        let (folder, time) = (self.folder.clone(), self.time.min(Duration::from_secs(1)));
        tokio::task::spawn_blocking(move || probe::run(&folder, time)).await?
    }
}
