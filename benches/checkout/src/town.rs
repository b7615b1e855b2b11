//! `just bench-town`: a town of payers, day by day, through checkout's API. Sales stop after the last day and the clock
//! runs on until every claim is final; then three books that know nothing of each other must agree to the cent.

mod audit;
mod habits;
mod mirror;
mod staff;
mod streets;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::ensure;
use serde_json::json;

use crate::clock::{DAY_MS, HOUR_MS, of_day_ms};
use crate::report;
use crate::shop::Shop;
use mirror::Mirror;
use staff::Staff;
use streets::Streets;

pub struct Settings {
    pub payers: usize,
    pub days: usize,
    pub seed: u64,
    /// Calls at once at the counter and at the gateway.
    pub clients: usize,
    pub programs: PathBuf,
    pub folder: PathBuf,
    pub out: PathBuf,
}

/// DESIGN "Default limits"; only the till's grows with the town.
pub const SALE_MAX_MINOR: i64 = 20_000;
pub const PAYER_MAX_MINOR: i64 = 50_000;
pub const PAYER_SALES_MAX: usize = 3;
const TILL_MINOR_A_PAYER: i64 = 4_000;

/// When something happens in the shop, in minutes since midnight; what payers write comes at each of these, too.
const STOPS: [i64; 7] = [3 * 60, 8 * 60 + 5, 10 * 60, 13 * 60, 17 * 60, 20 * 60 + 30, 22 * 60 + 30];
const SELLING: [i64; 3] = [10 * 60, 13 * 60, 17 * 60];
const STAFF_AT: i64 = 17 * 60;
const SETTLING_AT: i64 = 20 * 60 + 30;
/// Checkout looks at what is due four times a second; so long nothing may happen before the town goes on.
const PAUSE: Duration = Duration::from_millis(600);
/// Three rounds, a notice, seven days, a dispute in between and a last round: everything ends in this time by itself, and
/// what waits for a person is seen to by the staff.
const AFTERMATH_DAYS: usize = 45;
/// Two years, and a little more: bad records are forgotten.
const YEARS_MS: i64 = 2 * 366 * DAY_MS;
/// Forgetting tells nobody outside, so that it cannot be waited for as all else is.
const FORGETTING_LOOKS: usize = 30;

pub async fn run(settings: Settings) -> anyhow::Result<()> {
    let begin = std::time::Instant::now();
    let folder = tempfile::Builder::new().prefix("chit-town").tempdir_in(&settings.folder)?;
    let till_minor = TILL_MINOR_A_PAYER * settings.payers as i64;
    let limits = format!(
        "sale_minor = {SALE_MAX_MINOR}\npayer_minor = {PAYER_MAX_MINOR}\n\
         payer_unverified_sales = {PAYER_SALES_MAX}\ntill_minor = {till_minor}\n"
    );
    let mut shop = Shop::make(folder.path(), &settings.programs, &limits)?;
    shop.start().await?;
    let mirror = Mirror::follow(&shop, till_minor)?;
    let mut streets = Streets::new(&settings);
    let mut staff = Staff::at(&shop, settings.seed)?;
    to(&shop, STOPS[1]).await?;
    streets.move_in(&shop).await?;
    for day in 0..settings.days + AFTERMATH_DAYS {
        let selling = day < settings.days;
        for stop in STOPS {
            to(&shop, stop).await?;
            shop.world.quiet(PAUSE).await;
            streets.read(&shop.world, shop.clock.now_ms());
            streets.write_what_is_due(&shop).await?;
            shop.world.quiet(PAUSE).await;
            mirror.catch_up(&shop).await?;
            if selling && SELLING.contains(&stop) {
                streets.go_shopping(&shop).await?;
            }
            if stop == STAFF_AT {
                mirror.catch_up(&shop).await?;
                staff.see_to_things(&mirror, &mut streets, !selling).await?;
            }
            if stop == SETTLING_AT {
                staff.settle().await?;
            }
            // The clock jumps next: what is on its way now must not leave in the night.
            shop.world.quiet(PAUSE).await;
        }
        let open = mirror.open();
        eprintln!("day {}: {} sales, {open} claims open", day + 1, mirror.sales());
        if !selling && open == mirror.listed() {
            break;
        }
    }
    // The records that nobody pays are forgotten in the end.
    shop.advance(YEARS_MS).await?;
    for _look in 0..FORGETTING_LOOKS {
        shop.world.quiet(2 * PAUSE).await;
        mirror.catch_up(&shop).await?;
        if mirror.open() == 0 {
            break;
        }
    }
    let found = audit::audit(&shop, &mirror, &streets, &staff).await?;
    finish(&settings, &found, begin.elapsed())
}

/// Moves the clock to the next time at which it is so many minutes after midnight.
async fn to(shop: &Shop, minutes: i64) -> anyhow::Result<()> {
    let wanted = minutes * HOUR_MS / 60;
    let ahead = (wanted - of_day_ms(shop.clock.now_ms())).rem_euclid(DAY_MS);
    shop.advance(ahead.max(1_000)).await
}

fn finish(settings: &Settings, found: &audit::Found, took: Duration) -> anyhow::Result<()> {
    let figures = json!({
        "payers": settings.payers,
        "days": settings.days,
        "seed": settings.seed,
        "sales": found.sales,
        "settled": found.settled,
        "messages": found.messages,
        "imbalance_minor": found.imbalance_minor,
        "caps_broken": found.broken.len(),
        "not_final": found.not_final,
        "outcomes_unexplained": found.unexplained.len(),
        "seconds": took.as_secs(),
    });
    let mut report = json!({
        "area": "town", "date": report::date(), "cpu": report::cpu(), "rounds": 1,
        "ratios": {}, "figures": figures,
    });
    for name in ["payers", "days", "sales", "imbalance_minor", "caps_broken"] {
        report[name] = figures[name].clone();
    }
    report::write(&settings.out, &report)?;
    println!("{}", serde_json::to_string_pretty(&figures)?);
    for line in found.broken.iter().chain(&found.unexplained).chain(&found.imbalances).take(40) {
        eprintln!("{line}");
    }
    ensure!(found.is_good(), "the town does not add up; see above");
    Ok(())
}
