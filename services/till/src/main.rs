//! `chit-till`: the pages of the till.

use std::process::ExitCode;

fn main() -> ExitCode {
    chit_runtime::main("till", |ctx, cfg: chit_till::Config| async move { chit_till::run(ctx, cfg).await })
}
