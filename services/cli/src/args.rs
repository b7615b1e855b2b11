//! What can be typed.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[derive(Parser, Debug)]
#[command(
    name = "chit",
    version,
    about = "Sell without a network, deduct later: the command line of the shop's PC"
)]
pub struct Cli {
    /// Configuration of the shop.
    #[arg(long, global = true, value_name = "FILE", default_value = "/etc/chit/chit.toml")]
    pub config: PathBuf,
    /// Write JSON, one object a line, for programs.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Make keys, staff with PINs, and house accounts; keeps what is there.
    Init,
}

impl Command {
    /// Name of the command's span.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Init => "chit init",
        }
    }
}
