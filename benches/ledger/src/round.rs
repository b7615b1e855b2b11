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
const CLIENTS: usize = 256;
/// PostgreSQL is asked on a connection for each client, and through a pool, which it likes better.
const POOL: usize = 32;
/// Callers that send batches.
const BATCHERS: usize = 8;

/// What one round saw, by name, in the order of measuring.
pub struct Round {
    pub seen: Vec<(&'static str, Seen)>,
    pub open_ms: f64,
}

impl Round {
    pub fn get(&self, name: &str) -> Seen {
        self.seen
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, seen)| *seen)
            .expect("a known measurement")
    }

    pub fn line(&self) -> String {
        let texts = self.seen.iter().map(|(name, seen)| {
            format!(
                "  {name:<24} {:>9.0}/s  p50 {:>7.3} ms  p99 {:>7.3} ms\n",
                seen.rate, seen.p50_ms, seen.p99_ms
            )
        });
        texts.collect::<String>() + &format!("  open after kill -9        {:.0} ms", self.open_ms)
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
        let mut seen = vec![
            ("probe", before),
            ("noop 1", grpc::unary(&self.noop_one, 1, time, even.clone()).await),
            ("ledger 1", grpc::unary(&one, 1, time, even.clone()).await),
            ("postgres 1", pg.single(1, time, even.clone()).await),
            ("sqlite 1", self.sqlite.run(1, 1, time, even.clone()).await),
            ("ledger 16", grpc::unary(&many, 16, time, even.clone()).await),
            ("ledger 64", grpc::unary(&many, 64, time, even.clone()).await),
            ("noop 256", grpc::unary(&self.noop, CLIENTS, time, even.clone()).await),
            ("ledger 256", grpc::unary(&many, CLIENTS, time, even.clone()).await),
            ("postgres 256", pg.single(CLIENTS, time, even.clone()).await),
            ("postgres 256 pooled", pg.pooled(CLIENTS, POOL, time, even.clone()).await),
            ("sqlite 256", self.sqlite.run(CLIENTS, 1, time, even.clone()).await),
            ("ledger 64 hot", grpc::unary(&many, 64, time, hot.clone()).await),
            ("ledger 256 hot", grpc::unary(&many, CLIENTS, time, hot.clone()).await),
            ("postgres 256 hot", pg.single(CLIENTS, time, hot.clone()).await),
            ("postgres 256 hot pooled", pg.pooled(CLIENTS, POOL, time, hot.clone()).await),
        ];
        let batches = [("ledger 100", 100), ("ledger 1000", 1000), ("ledger 8000", 8000)];
        for (name, size) in batches {
            seen.push((name, grpc::batches(&many, BATCHERS, size, time, even.clone()).await));
        }
        for (name, size) in [("postgres 100", 100), ("postgres 1000", 1000), ("postgres 8000", 8000)] {
            seen.push((name, pg.batches(BATCHERS, size, time, even.clone()).await));
        }
        seen.push(("sqlite 1000", self.sqlite.run(BATCHERS, 1000, time, even.clone()).await));
        let after = self.probe().await?;
        if after.p50_ms > PROBE_P50_MS_MAX {
            return Ok(Err(after.p50_ms));
        }
        let open_ms = self.ledger.kill_and_open().await?;
        Ok(Ok(Round { seen, open_ms }))
    }

    async fn probe(&self) -> anyhow::Result<Seen> {
        let (folder, time) = (self.folder.clone(), self.time.min(Duration::from_secs(1)));
        tokio::task::spawn_blocking(move || probe::run(&folder, time)).await?
    }
}

/// The ledger and its ceilings only.
pub async fn quick(folder: &Path, ledger: &Path, noop: &Path) -> anyhow::Result<()> {
    let ledger = Ledger::start(ledger, &folder.join("l")).await?;
    ledger.open_accounts().await?;
    let ids = Arc::new(AtomicU64::new(1));
    let (even, hot) = (Jobs::new(&ids, false), Jobs::new(&ids, true));
    let (one, many) = (ledger.clients(1)?, ledger.clients(CLIENTS)?);
    let time = Duration::from_secs(2);
    let probe = probe::run(folder, Duration::from_millis(500))?;
    let (noop_one, noop) = (grpc::clients(noop, 1)?, grpc::clients(noop, CLIENTS)?);
    let mut seen = vec![("probe", probe), ("noop 1", grpc::unary(&noop_one, 1, time, even.clone()).await)];
    seen.push(("ledger 1", grpc::unary(&one, 1, time, even.clone()).await));
    seen.push(("noop 256", grpc::unary(&noop, CLIENTS, time, even.clone()).await));
    seen.push(("ledger 256", grpc::unary(&many, CLIENTS, time, even.clone()).await));
    seen.push(("ledger 256 hot", grpc::unary(&many, CLIENTS, time, hot).await));
    seen.push(("ledger 1000", grpc::batches(&many, BATCHERS, 1000, time, even).await));
    println!("{}", Round { seen, open_ms: 0.0 }.line());
    Ok(())
}
