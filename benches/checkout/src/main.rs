//! Checkout measured and judged from outside: `sale` is `just bench-checkout`, `town` is `just bench-town`.

mod clock;
mod counter;
mod durable;
mod far;
mod post;
mod process;
mod report;
mod sale;
mod shop;
mod town;

use std::path::PathBuf;

use anyhow::{Context as _, bail};

/// `--name value`, and words that stand alone.
struct Words(Vec<String>);

impl Words {
    fn take<T: std::str::FromStr>(&mut self, name: &str, default: T) -> anyhow::Result<T>
    where
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        let Some(at) = self.0.iter().position(|word| word == name) else { return Ok(default) };
        let value = self.0.get(at + 1).with_context(|| format!("{name} needs a value"))?.parse();
        self.0.drain(at..=at + 1);
        value.with_context(|| name.to_owned())
    }

    fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|word| word != name);
        self.0.len() < before
    }

    fn end(self, usage: &str) -> anyhow::Result<()> {
        match self.0.first() {
            Some(word) => bail!("{word} is unknown: {usage}"),
            None => Ok(()),
        }
    }
}

fn main() -> anyhow::Result<()> {
    let mut words = Words(std::env::args().skip(1).collect());
    let command = if words.0.is_empty() { String::new() } else { words.0.remove(0) };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match command.as_str() {
        "sale" => runtime.block_on(sale::run(sale_settings(words)?)),
        "town" => runtime.block_on(town::run(town_settings(words)?)),
        _ => bail!("sale or town"),
    }
}

fn sale_settings(mut words: Words) -> anyhow::Result<sale::Settings> {
    let without_town = words.flag("--without-town");
    let payers = words.take("--payers", 10_000)?;
    let open = words.take("--open", 2_000)?;
    let stored = words.take("--stored", 200_000)?;
    let settings = sale::Settings {
        rounds: words.take("--rounds", 3)?,
        sales: words.take("--sales", 200)?,
        seconds: words.take("--seconds", 10.0)?,
        programs: words.take("--programs", PathBuf::from("target/release"))?,
        folder: words.take("--dir", PathBuf::from("/var/tmp"))?,
        out: words.take("--out", PathBuf::from("target/bench/checkout.json"))?,
        town: (!without_town).then_some([payers, open, stored]),
    };
    words.end("--rounds --sales --seconds --payers --open --stored --without-town --programs --dir --out")?;
    Ok(settings)
}

fn town_settings(mut words: Words) -> anyhow::Result<town::Settings> {
    let settings = town::Settings {
        payers: words.take("--payers", 10_000)?,
        days: words.take("--days", 30)?,
        seed: words.take("--seed", 1)?,
        clients: words.take("--clients", 8)?,
        programs: words.take("--programs", PathBuf::from("target/release"))?,
        folder: words.take("--dir", PathBuf::from("/var/tmp"))?,
        out: words.take("--out", PathBuf::from("target/bench/town.json"))?,
    };
    words.end("--payers --days --seed --clients --programs --dir --out")?;
    Ok(settings)
}
