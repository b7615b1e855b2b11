//! A 2D handheld scanner on a serial line: `sim-scanner --link PATH --control SOCK`.

use chit_simulators::scanner::{self, Options};
use clap::Parser;

fn main() -> anyhow::Result<()> {
    scanner::run(&Options::parse())
}
