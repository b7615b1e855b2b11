//! Medians, ranges and in-round ratios, for people and for programs.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use crate::round::Round;

/// Marks of this table in docs/benchmarks.md, those of `just bench-docs`; text outside them belongs to others.
const BEGIN: &str = "<!-- ledger: written by `just bench-docs` -->";
const END: &str = "<!-- ledger: end -->";

type Ratio = (&'static str, &'static str, fn(&Round) -> f64);

/// Name, what it says, and how a round gives it.
const RATIOS: [Ratio; 7] = [
    (
        "unary256_vs_postgres",
        "256 clients, one transfer a call: ledger / PostgreSQL with a connection each",
        |round| round.get("ledger 256").rate / round.get("postgres 256").rate,
    ),
    ("unary256_vs_postgres_pooled", "the same / PostgreSQL behind a pool of 32 connections", |round| {
        round.get("ledger 256").rate / round.get("postgres 256 pooled").rate
    }),
    ("unary256_vs_noop_grpc", "256 clients: ledger / a gRPC handler that does nothing", |round| {
        round.get("ledger 256").rate / round.get("noop 256").rate
    }),
    (
        "hot256_vs_postgres",
        "256 clients, all credit one account: ledger / PostgreSQL with a connection each",
        |round| round.get("ledger 256 hot").rate / round.get("postgres 256 hot").rate,
    ),
    ("hot256_vs_postgres_pooled", "the same / PostgreSQL behind a pool of 32 connections", |round| {
        round.get("ledger 256 hot").rate / round.get("postgres 256 hot pooled").rate
    }),
    ("batch1000_vs_postgres_batch", "8 callers with 1,000 transfers a call: ledger / PostgreSQL", |round| {
        round.get("ledger 1000").rate / round.get("postgres 1000").rate
    }),
    ("single_vs_sync_plus_rpc", "one client: ledger / 1 ÷ (sync p50 + no-op call p50)", |round| {
        let floor_ms = round.get("probe").p50_ms + round.get("noop 1").p50_ms;
        round.get("ledger 1").rate * floor_ms / 1e3
    }),
];

struct Spread {
    median: f64,
    min: f64,
    max: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let median =
            if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 };
        Self { median, min: values[0], max: values[values.len() - 1] }
    }

    fn json(&self) -> Value {
        let round = |value: f64| (value * 1000.0).round() / 1000.0;
        json!({ "median": round(self.median), "min": round(self.min), "max": round(self.max) })
    }
}

pub struct Report<'r> {
    rounds: &'r [Round],
    date: String,
    cpu: String,
}

impl<'r> Report<'r> {
    pub fn new(rounds: &'r [Round]) -> Self {
        Self { rounds, date: date(), cpu: cpu() }
    }

    fn spread(&self, value: impl Fn(&Round) -> f64) -> Spread {
        Spread::of(self.rounds.iter().map(value))
    }

    pub fn table(&self) -> String {
        let mut text = format!(
            "{}, {}, {} rounds; median (range). The ledger, the no-op handler and PostgreSQL are processes of their own, asked \
             over Unix sockets by one load generator on the same cores; SQLite runs inside the generator, without a network.\n\n| measurement | transfers/s | p50 ms | p99 ms |\n|---|---|---|---|\n",
            self.date,
            self.cpu,
            self.rounds.len()
        );
        for (name, _) in &self.rounds[0].seen {
            let rate = self.spread(|round| round.get(name).rate);
            let (p50, p99) =
                (self.spread(|round| round.get(name).p50_ms), self.spread(|round| round.get(name).p99_ms));
            let _ = writeln!(
                text,
                "| {name} | {:.0} ({:.0} – {:.0}) | {:.3} | {:.3} |",
                rate.median, rate.min, rate.max, p50.median, p99.median
            );
        }
        text.push_str("\n| ratio within a round | median | range |\n|---|---|---|\n");
        for (name, what, ratio) in RATIOS {
            let Spread { median, min, max } = self.spread(ratio);
            let _ = writeln!(text, "| `{name}`: {what} | {median:.2} | {min:.2} – {max:.2} |");
        }
        let open = self.spread(|round| round.open_ms);
        let _ = writeln!(
            text,
            "\nOpen again after kill -9 right after batches of 8,000, the index being furthest behind: {:.0} ms ({:.0} – {:.0}).",
            open.median, open.min, open.max
        );
        text
    }

    pub fn write(&self, out: &Path, docs: &Path) -> anyhow::Result<()> {
        let mut ratios = Map::new();
        for (name, _, ratio) in RATIOS {
            ratios.insert(name.to_owned(), self.spread(ratio).json());
        }
        let mut figures = Map::new();
        let mut figure = |name: &str, value: f64| {
            figures.insert(name.to_owned(), json!((value * 1000.0).round() / 1000.0));
        };
        figure("p99_ms_256", self.spread(|round| round.get("ledger 256").p99_ms).median);
        figure("open_ms_after_kill", self.spread(|round| round.open_ms).median);
        for (name, _) in &self.rounds[0].seen {
            let name_rate = format!("{}_per_s", name.replace(' ', "_"));
            figure(&name_rate, self.spread(|round| round.get(name).rate).median);
        }
        figure("probe_p50_ms", self.spread(|round| round.get("probe").p50_ms).median);
        let report = json!({
            "area": "ledger", "date": self.date, "cpu": self.cpu, "rounds": self.rounds.len(),
            "ratios": ratios, "figures": figures,
        });
        if let Some(folder) = out.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(out, serde_json::to_string_pretty(&report)? + "\n")?;
        let before = std::fs::read_to_string(docs).unwrap_or_else(|_| "# Benchmarks\n".to_owned());
        std::fs::write(docs, section(&before, &self.table())).with_context(|| docs.display().to_string())
    }
}

fn section(before: &str, table: &str) -> String {
    let own = format!("{BEGIN}\n## Ledger\n\n{table}{END}\n");
    match (before.find(BEGIN), before.find(END)) {
        (Some(begin), Some(end)) => {
            format!("{}{own}{}", &before[..begin], before[end + END.len()..].trim_start_matches('\n'))
        }
        _ => format!("{}\n\n{own}", before.trim_end()),
    }
}

fn date() -> String {
    let output = Command::new("date").args(["-u", "+%Y-%m-%d"]).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

fn cpu() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {cores} cores", name.map_or("unknown CPU", |(_, name)| name))
}
