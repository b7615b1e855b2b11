//! `settle_bench DIR COUNT FOLDER` collects COUNT confirmed sales by files of a bank, in the shop of DIR, where `chit init` has
//! been. Prints its figures as one line of JSON.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chit_checkout::time_settling;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [dir, count, folder] = words.as_slice() else {
        eprintln!("settle_bench DIR COUNT FOLDER");
        return ExitCode::FAILURE;
    };
    let Ok(count) = count.parse::<usize>() else {
        eprintln!("COUNT is a number");
        return ExitCode::FAILURE;
    };
    let (config, folder) = (Path::new(dir).join("chit.toml").into_os_string(), PathBuf::from(folder));
    let args = [OsString::from("--config"), config].into_iter();
    chit_runtime::main_with(args, "checkout", move |ctx, cfg| async move {
        let figures = time_settling(ctx, cfg, count, &folder).await?;
        println!(
            "{{\"count\": {count}, \"batch_s\": {:.3}, \"import_s\": {:.3}, \"rss_mb\": {:.1}, \"disagreements\": {}}}",
            figures.batch_s, figures.import_s, figures.rss_mb, figures.disagreements
        );
        Ok(())
    })
}
