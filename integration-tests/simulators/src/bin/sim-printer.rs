use clap::Parser as _;

fn main() -> anyhow::Result<()> {
    chit_simulators::printer::run(&chit_simulators::printer::Options::parse())
}
