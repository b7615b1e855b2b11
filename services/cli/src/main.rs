//! `chit`: what a person at the shop's PC types.

fn main() -> std::process::ExitCode {
    chit_cli::main(std::env::args_os())
}
