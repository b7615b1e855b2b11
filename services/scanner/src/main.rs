//! The scanner's process.

fn main() -> std::process::ExitCode {
    chit_runtime::main("scanner", chit_scanner::run)
}
