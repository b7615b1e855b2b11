//! One file a command.

mod init;

use chit_runtime::Context;

use crate::args::{Cli, Command};
use crate::failure::Failure;
use crate::output::Output;

/// Commands that need no configuration; `None` for all others.
pub fn without_config(command: &Command, _output: Output) -> Option<Result<(), Failure>> {
    match command {
        Command::Init => None,
    }
}

pub async fn run(ctx: &Context, cli: Cli, output: Output) -> Result<(), Failure> {
    match cli.command {
        Command::Init => init::run(&ctx.shared, &cli.config, output),
    }
}
