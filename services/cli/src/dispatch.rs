//! From parsed arguments to the command that runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chit_runtime::{Context, Shared};

use crate::args::{Cli, Command};
use crate::commands::{
    account, backup, bad_records, camera, clock, deduct, device, dispute, doctor, enrol, evidence, init,
    issuer, keys, ledger, payer, pki, printer, report_hardware, restore, sale, sandbox, scanner, settle,
    shift, sign_in, sms, staff, status,
};
use crate::failure::Failure;
use crate::money;
use crate::output::Output;
use crate::session;
use crate::shop::Shop;

/// Commands that need no configuration; `None` for all others.
pub fn without_config(command: &Command, output: Output) -> Option<Result<(), Failure>> {
    match command {
        Command::Evidence(evidence) => evidence::offline(evidence, output),
        Command::Ledger(command) => ledger::offline(command, output),
        Command::BadRecords(command) => bad_records::offline(command, output),
        _ => None,
    }
}

pub async fn run(ctx: &Context, cli: Cli, output: Output) -> Result<(), Failure> {
    let session = session::current(&cli.config)?;
    let shop = Shop::new(Arc::clone(&ctx.shared), output, session, cli.request_id)?;
    match cli.command {
        Command::Init { update } => {
            let currency = money::currency(&cli.config)?;
            if update {
                init::update(&ctx.shared, &currency, output)
            } else {
                init::run(&ctx.shared, &currency, output)
            }
        }
        Command::Doctor => {
            doctor::run(&ctx.shared, &cli.config, &money::currency(&cli.config)?, output).await
        }
        Command::SignIn(args) => sign_in::sign_in(&shop, &cli.config, args).await,
        Command::SignOut => sign_in::sign_out(&shop, &cli.config).await,
        Command::Pin => sign_in::change_pin(&shop).await,
        Command::Staff(command) => staff::run(&shop, command).await,
        Command::Device(command) => device::run(&shop, command).await,
        Command::Status => status::run(&shop).await,
        Command::Enrol(args) => enrol::run(&shop, args).await,
        Command::Payer(command) => payer::run(&shop, command).await,
        Command::Account(command) => account::run(&shop, command, &money::currency(&cli.config)?).await,
        Command::Sale(args) => sale::run(&shop, args, &money::currency(&cli.config)?).await,
        Command::Sms(command) => sms::run(&shop, command).await,
        Command::Scanner(command) => scanner::run(&shop, command).await,
        Command::Printer(command) => printer::run(&shop, command).await,
        Command::ReportHardware { file } => report_hardware::run(&shop, file).await,
        Command::Deduct(command) => deduct::run(&shop, command).await,
        Command::BadRecords(command) => bad_records::run(&shop, command).await,
        Command::Settle(command) => settle::run(&shop, command, &money::currency(&cli.config)?).await,
        Command::Shift(command) => shift::run(&shop, command).await,
        Command::Clock(command) => clock::run(&shop, command).await,
        Command::Dispute(command) => dispute::run(&shop, command).await,
        Command::Camera(command) => camera::run(&shop, command).await,
        Command::Evidence(command) => evidence::run(&shop, &cli.config, command).await,
        Command::Ledger(command) => ledger::run(&shop, command).await,
        Command::Backup(args) => apart(ctx, cli.config, args, backup::run, output).await,
        Command::Restore(args) => apart(ctx, cli.config, args, restore::run, output).await,
        Command::Keys(args) => keys::run(&ctx.shared, &args, &cli.config, output),
        Command::Issuer(command) => issuer::run(&shop, command).await,
        Command::Pki(command) => pki::run(&ctx.shared, command, output),
        Command::Sandbox(command) => sandbox::run(&shop, command).await,
    }
}

/// Long work on files, away from the threads that listen for Ctrl-C.
async fn apart<A: Send + 'static>(
    ctx: &Context,
    config: PathBuf,
    args: A,
    run: fn(&Shared, &Path, &A, Output) -> Result<(), Failure>,
    output: Output,
) -> Result<(), Failure> {
    let shared = Arc::clone(&ctx.shared);
    let done = tokio::task::spawn_blocking(move || run(&shared, &config, &args, output));
    done.await.map_err(|error| Failure::other("FAILED", error.to_string()))?
}
