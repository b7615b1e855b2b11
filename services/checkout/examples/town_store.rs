//! `town_store DIR PAYERS OPEN SALES` writes the store of a town into the shop of DIR, where `chit init` has been.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use chit_checkout::{Town, write_town};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let counts: Result<Vec<usize>, _> = words.iter().skip(1).map(|word| word.parse()).collect();
    let (Some(dir), Ok(&[payers, open, sales])) = (words.first(), counts.as_deref()) else {
        eprintln!("town_store DIR PAYERS OPEN SALES");
        return ExitCode::FAILURE;
    };
    let config = Path::new(dir).join("chit.toml").into_os_string();
    let args = [OsString::from("--config"), config].into_iter();
    chit_runtime::main_with(args, "checkout", |ctx, cfg| write_town(ctx, cfg, Town { payers, open, sales }))
}
