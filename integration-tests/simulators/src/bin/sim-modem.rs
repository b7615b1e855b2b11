//! A GSM modem in PDU mode: `sim-modem --link PATH --control SOCK`.

use chit_simulators::modem::{self, Options};
use clap::Parser;

fn main() -> anyhow::Result<()> {
    modem::run(&Options::parse())
}
