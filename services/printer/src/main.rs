use std::process::ExitCode;

fn main() -> ExitCode {
    chit_runtime::main("printer", |ctx, config: chit_printer::Config| chit_printer::run(ctx, config))
}
