//! Two builds of the ledger in turn, half a second each: on a machine whose speed wanders, only neighbours compare. No report.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use crate::grpc;
use crate::ledger::Ledger;
use crate::load::{Jobs, Seen};
use crate::quick::cpu_seconds;
use crate::round::CLIENTS;

const TIME: Duration = Duration::from_millis(500);
const TURNS: usize = 40;

/// What one build did in one turn.
struct Turn {
    seen: Seen,
    cpu_us: f64,
}

pub async fn run(folder: &Path, builds: [&Path; 2], clients: usize) -> anyhow::Result<()> {
    let ledgers = [
        Ledger::start(builds[0], &folder.join("a")).await?,
        Ledger::start(builds[1], &folder.join("b")).await?,
    ];
    let ids = Arc::new(AtomicU64::new(1));
    let jobs = Jobs::new(&ids, false);
    let mut turns: [Vec<Turn>; 2] = [Vec::new(), Vec::new()];
    for ledger in &ledgers {
        ledger.open_accounts().await?;
    }
    let callers = [ledgers[0].clients(CLIENTS)?, ledgers[1].clients(CLIENTS)?];
    for turn in 0..TURNS {
        // Who goes first changes, too.
        for at in if turn % 2 == 0 { [0, 1] } else { [1, 0] } {
            let before = cpu_seconds(ledgers[at].pid());
            let seen = grpc::unary(&callers[at], clients, TIME, jobs.clone()).await;
            let spent = cpu_seconds(ledgers[at].pid()) - before;
            turns[at].push(Turn { seen, cpu_us: spent * 1e6 / (seen.rate * TIME.as_secs_f64()) });
        }
    }
    let [old, new] = &turns;
    for (name, of) in [
        ("transfers a second", (|turn: &Turn| turn.seen.rate) as fn(&Turn) -> f64),
        ("p50 ms", |turn| turn.seen.p50_ms),
        ("p99 ms", |turn| turn.seen.p99_ms),
        ("processor us a transfer", |turn| turn.cpu_us),
    ] {
        let ratios = old.iter().zip(new).map(|(old, new)| of(new) / of(old)).collect();
        println!(
            "  {name:<24} {:>9.2} -> {:>9.2}   {:.3} of it",
            median(old.iter().map(of).collect()),
            median(new.iter().map(of).collect()),
            median(ratios)
        );
    }
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
