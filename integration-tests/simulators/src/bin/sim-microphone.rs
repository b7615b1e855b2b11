use std::process::ExitCode;

use clap::Parser as _;

fn main() -> anyhow::Result<ExitCode> {
    chit_simulators::microphone::run(&chit_simulators::microphone::Options::parse())
}
