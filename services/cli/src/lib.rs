//! The command line of the shop's PC: keys and checks, sales, SMS, deductions, disputes, evidence.
//!
//! Exit codes: 0 done, 1 it did not work (try again), 2 refused (change something), 64 wrong use or configuration.

mod approval;
mod args;
mod commands;
mod dispatch;
mod failure;
mod follow;
mod ids;
mod money;
mod output;
mod sale_name;
mod session;
mod shop;
mod view;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use chit_runtime::{Context, Section, Shared};
use clap::Parser as _;
use serde::Deserialize;
use tracing::Instrument as _;

use args::Cli;
use failure::{EXIT_USAGE, Failure};
use output::Output;

/// The command line has no section of its own in chit.toml.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoSettings {}

impl Section for NoSettings {
    fn check(&self, _: &Shared) -> anyhow::Result<()> {
        Ok(())
    }
}

pub fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    match Cli::try_parse_from(args) {
        Ok(cli) => run(cli),
        Err(help_or_error) => {
            // Without a terminal there is no place to report it.
            let _ = help_or_error.print();
            if help_or_error.use_stderr() { ExitCode::from(EXIT_USAGE) } else { ExitCode::SUCCESS }
        }
    }
}

fn run(cli: Cli) -> ExitCode {
    let output = Output::new(cli.json);
    if let Some(done) = dispatch::without_config(&cli.command, output) {
        return ExitCode::from(report(output, done));
    }
    let config_args = ["--config".into(), cli.config.clone().into_os_string()];
    let code = Arc::new(AtomicU8::new(0));
    let exit = Arc::clone(&code);
    let ended = chit_runtime::main_with(config_args.into_iter(), "cli", |ctx, _: NoSettings| async move {
        exit.store(report(output, interruptible(ctx, cli, output).await), Ordering::Relaxed);
        Ok(())
    });
    match code.load(Ordering::Relaxed) {
        // A configuration that cannot be loaded was reported by the runtime, with its exit code.
        0 => ended,
        code => ExitCode::from(code),
    }
}

/// One span for the whole command: the trace of all calls it makes begins here.
async fn interruptible(ctx: Context, cli: Cli, output: Output) -> Result<(), Failure> {
    let name = cli.command.name();
    let span = tracing::info_span!("command", otel.name = name, otel.kind = "client");
    tokio::select! {
        done = dispatch::run(&ctx, cli, output).instrument(span) => done,
        () = ctx.shutdown.wait() => Err(Failure::interrupted()),
    }
}

fn report(output: Output, done: Result<(), Failure>) -> u8 {
    match done {
        Ok(()) => 0,
        Err(failure) => {
            output.failure(&failure);
            failure.exit_code()
        }
    }
}
