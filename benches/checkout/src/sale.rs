//! `just bench-checkout`: what a sale costs in an empty shop and in a town's, and what a town costs otherwise.

mod life;
mod load;
mod looks;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::counter::{Counter, Payer};
use crate::durable::Durable;
use crate::post::Post;
use crate::process;
use crate::report::{Report, median, quantile};
use crate::shop::{Shop, program};

/// Nothing is refused for a limit: the sums of a bench are not those of a shop.
const LIMITS: &str = "sale_minor = 9_000_000\npayer_minor = 900_000_000_000\npayer_unverified_sales = 1_000_000\n\
                      till_minor = 900_000_000_000_000\npayer_day_minor = 0\noldest_unverified_days = 36_500\n";
/// Sales of one shop in a row, before the other one has its turn.
const BLOCK: usize = 20;
const SELLERS: usize = 8;
/// Checkout may still be working off what the sales before left.
const CALM: Duration = Duration::from_millis(700);
const TOTAL_MINOR: i64 = 12_500;

pub struct Settings {
    pub rounds: usize,
    pub sales: usize,
    pub programs: PathBuf,
    pub folder: PathBuf,
    pub out: PathBuf,
    /// Payers, open deductions and stored sales of the town; `None`: the town is left out, and the report says so.
    pub town: Option<[usize; 3]>,
    pub seconds: f64,
}

/// A shop that is measured.
struct Stand {
    shop: Shop,
    counter: Counter,
    sellers: Vec<Payer>,
    sold: usize,
}

impl Stand {
    async fn open(shop: Shop) -> anyhow::Result<Self> {
        let mut counter = Counter::at(&shop)?;
        by_day(&shop).await?;
        let post = Post::new(shop.world.clone());
        let sellers = post.enrol(&mut counter, SELLERS, 90_000_000).await?;
        shop.world.quiet(CALM).await;
        Ok(Self { shop, counter, sellers, sold: 0 })
    }

    /// One sale from basket to cash; the time of its scan to its last byte.
    async fn sale(&mut self) -> anyhow::Result<f64> {
        self.sold += 1;
        let payer = self.sellers[self.sold % self.sellers.len()].clone();
        let (sale_id, took) = self.counter.sell(&payer, TOTAL_MINOR).await?;
        self.counter.release(&sale_id).await?;
        self.counter.take_cash(&sale_id).await?;
        Ok(took.as_secs_f64() * 1e3)
    }

    fn pause(&self, paused: bool) -> anyhow::Result<()> {
        process::pause(self.shop.pid()?, paused)
    }
}

/// 10:00 in the shop, so that the payers may be asked.
async fn by_day(shop: &Shop) -> anyhow::Result<()> {
    use crate::clock::{DAY_MS, HOUR_MS, of_day_ms};
    // The fakes learn business time from this first call.
    shop.advance(1_000).await?;
    shop.advance((10 * HOUR_MS - of_day_ms(shop.clock.now_ms())).rem_euclid(DAY_MS)).await
}

pub async fn run(settings: Settings) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("chit-bench").tempdir_in(&settings.folder)?;
    let mut report = Report::default();
    let mut shop = Shop::make(&folder.path().join("empty"), &settings.programs, LIMITS)?;
    shop.start().await?;
    let mut empty = Stand::open(shop).await?;
    let mut town = match settings.town {
        Some(size) => {
            empty.pause(true)?;
            Some(open_town(&folder.path().join("town"), &settings.programs, size, &mut report).await?)
        }
        None => None,
    };
    let mut durable = Durable::open(folder.path())?;
    rounds(&settings, &mut empty, town.as_mut(), &mut durable, &mut report).await?;
    if let Some(town) = &mut town {
        looks::town(town, &mut report, settings.seconds).await?;
    }
    drop(town);
    load::run(&mut empty, &mut report, settings.seconds).await?;
    drop(empty);
    life::run(&folder.path().join("life"), &settings.programs, &mut report).await?;
    if settings.town.is_none() {
        eprintln!(
            "\nTHE TOWN WAS LEFT OUT (--without-town): no town_* ratio and no *_town figure is reported"
        );
    }
    report.write("checkout", settings.rounds, &settings.out)
}

/// The store of a town is written in bulk by checkout's own code; sellers are enrolled over it.
async fn open_town(
    folder: &Path,
    programs: &Path,
    size: [usize; 3],
    report: &mut Report,
) -> anyhow::Result<Stand> {
    let mut shop = Shop::make(folder, programs, LIMITS)?;
    let writer = program(&programs.join("examples"), "town_store", "chit-checkout --example town_store")
        .context("the town's store is written by checkout's example `town_store` DIR PAYERS OPEN SALES; --without-town leaves it out")?;
    let [payers, open, sales] = size.map(|count| count.to_string());
    eprintln!("a town of {payers} payers, {open} open deductions, {sales} stored sales");
    let written = Command::new(writer).arg(folder).args([payers, open, sales]).status()?;
    ensure!(written.success(), "town_store: {written}");
    report.figure("town_store_mb", std::fs::metadata(shop.store())?.len() as f64 / 1e6);
    shop.start().await?;
    Stand::open(shop).await
}

/// Blocks of sales in turn; after each sale of the empty shop the commits that it used to make.
async fn rounds(
    settings: &Settings,
    empty: &mut Stand,
    mut town: Option<&mut Stand>,
    durable: &mut Durable,
    report: &mut Report,
) -> anyhow::Result<()> {
    let (mut against_durable, mut p50_against, mut p99_against) = (Vec::new(), Vec::new(), Vec::new());
    let (mut here, mut there, mut written) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=settings.rounds {
        let (mut in_empty, mut in_town, mut commits) = (Vec::new(), Vec::new(), Vec::new());
        while in_empty.len() < settings.sales {
            if let Some(town) = &town {
                town.pause(true)?;
            }
            empty.pause(false)?;
            empty.shop.world.quiet(CALM).await;
            for _ in 0..BLOCK {
                in_empty.push(empty.sale().await?);
                commits.push(durable.sale()?.as_secs_f64() * 1e3);
            }
            if let Some(town) = &mut town {
                empty.pause(true)?;
                town.pause(false)?;
                town.shop.world.quiet(CALM).await;
                for _ in 0..BLOCK {
                    in_town.push(town.sale().await?);
                }
            }
        }
        empty.pause(false)?;
        against_durable.push(median(&in_empty) / median(&commits));
        if !in_town.is_empty() {
            p50_against.push(median(&in_town) / median(&in_empty));
            p99_against.push(quantile(&in_town, 0.99) / quantile(&in_empty, 0.99));
        }
        eprintln!(
            "round {round}: {:.2} ms a sale, {:.2} ms its durable writes",
            median(&in_empty),
            median(&commits)
        );
        here.extend(in_empty);
        there.extend(in_town);
        written.extend(commits);
    }
    report.ratio("sale_p50_vs_durable_writes", &against_durable);
    report.ratio("town_p50_vs_empty", &p50_against);
    report.ratio("town_p99_vs_empty", &p99_against);
    report.figure("sale_p50_ms", median(&here));
    report.figure("sale_p99_ms", quantile(&here, 0.99));
    report.figure("durable_writes_p50_ms", median(&written));
    if !there.is_empty() {
        report.figure("sale_p50_ms_town", median(&there));
        report.figure("sale_p99_ms_town", quantile(&there, 0.99));
    }
    Ok(())
}
