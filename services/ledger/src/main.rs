//! The ledger's process.

/// A batch of transfers is thousands of small texts: glibc's allocator took a seventh of the processor, this one half of it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    chit_runtime::main("ledger", chit_ledger::run)
}
