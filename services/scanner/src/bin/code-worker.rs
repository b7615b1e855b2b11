//! The second decoder's process; the scanner starts it.

fn main() -> std::process::ExitCode {
    chit_scanner::worker_main()
}
