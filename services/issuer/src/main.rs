use std::process::ExitCode;

fn main() -> ExitCode {
    chit_runtime::main("issuer", chit_issuer::run)
}
