use std::process::ExitCode;

fn main() -> ExitCode {
    chit_runtime::main("checkout", |ctx, cfg: chit_checkout::Config| async move {
        chit_checkout::run(ctx, cfg).await
    })
}
