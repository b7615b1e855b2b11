use std::process::ExitCode;

use clap::Parser as _;

fn main() -> anyhow::Result<ExitCode> {
    chit_simulators::camera::run(&chit_simulators::camera::Options::parse())
}
