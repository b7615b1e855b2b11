//! `bench`: what a paper costs. `kill`: the service is killed again and again, and the papers are counted.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use chit_integration_tests::printer_proof::{bench, emupos, kill_run, report};
use clap::Parser;
use serde_json::{Map, Value};

#[derive(Parser)]
enum Args {
    /// Times the service against a sink that answers at once
    Bench {
        /// The service to measure
        #[arg(long, default_value = "target/release/chit-printer")]
        program: PathBuf,
        #[arg(long, default_value_t = 300)]
        rounds: u64,
    },
    /// Kills the service and cuts its link at random moments
    Kill {
        #[arg(long, default_value = "target/debug/chit-printer")]
        program: PathBuf,
        /// Cut links come besides
        #[arg(long, default_value_t = 1000)]
        kills: u64,
        /// The printer is a clone that only answers status requests
        #[arg(long)]
        fence_only: bool,
        #[arg(long, default_value_t = 9)]
        seed: u64,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> anyhow::Result<bool> {
    match args {
        Args::Bench { program, rounds } => bench::run(&program, rounds).await.map(|()| true),
        Args::Kill { program, kills, fence_only, seed } => {
            let emupos = emupos::program().context("the kill run needs emupos")?;
            let dir = tempfile::Builder::new().prefix("chit-kill-").tempdir()?;
            let run = kill_run::KillRun::start(&program, &emupos, dir.path(), !fence_only, seed).await?;
            let verdict = run.run(kills, |verdict| println!("{verdict:?}")).await?;
            println!("{verdict:?}");
            let figures: Map<String, Value> = [
                ("kills", verdict.kills),
                ("cut_links", verdict.cuts),
                ("jobs", verdict.jobs),
                ("in_doubt", verdict.in_doubt),
                ("copies", verdict.copies),
                ("second_originals", verdict.second_originals),
                ("lost_jobs", verdict.lost_jobs),
                ("false_printed", verdict.false_printed),
            ]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
            // The file has room for one run: that against a printer with process ids.
            if !fence_only {
                report::merge(None, &Map::new(), &figures)?;
            }
            Ok(verdict.second_originals + verdict.lost_jobs + verdict.false_printed == 0)
        }
    }
}
