//! media-capture measured, and killed. `media_proof bench`: what filming costs beside ffmpeg with x264 ultrafast on the
//! same frames in the same run. `media_proof kill N`: SIGKILL at random moments.

mod bench;
mod copies;
mod film;
mod kill;
mod process;
mod rig;
mod sound;

use anyhow::{Context as _, bail};

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        ["bench", rounds, seconds] => {
            let rounds = rounds.parse().context("rounds")?;
            bench::run(rounds, seconds.parse().context("seconds")?).await
        }
        ["kill", kills] => kill::run(kills.parse().context("kills")?).await,
        _ => bail!("media_proof bench ROUNDS SECONDS | media_proof kill KILLS"),
    }
}
