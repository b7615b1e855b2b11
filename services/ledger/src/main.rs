//! The ledger's process.

fn main() -> std::process::ExitCode {
    chit_runtime::main("ledger", chit_ledger::run)
}
