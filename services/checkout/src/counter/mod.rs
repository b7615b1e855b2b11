//! What happens at the counter: goods, payer code, commit, release. Each function is one step of DESIGN's flow.

mod commit;
mod ending;
mod goods;
mod opening;
mod payer;

use std::sync::Arc;

use iso_currency::Currency;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::domain::approval::Act;
use crate::domain::payer_code::DayNumber;
use crate::domain::refusal::{Refusal, Result};
use crate::domain::risk::{Limits, SANDBOX_REFUSED_ENDING};
use crate::domain::sale::{Sale, SaleState};
use crate::grant::{Grant, JointGrant};
use crate::shop::Shop;
use crate::staff::ApprovalInput;

pub use commit::{assess, begin_commit};
pub use ending::{release, void};
pub use goods::{add_scanned_goods, check_catalogue, set_basket, tag_of};
pub use opening::{open, open_by_scan};
pub use payer::{PayerScan, present_payer};

/// Basket and payer may change; not while the ledger is being asked, for it was told the sum.
pub fn editable(sale: &Sale, doing: &str) -> Result<()> {
    sale.must_be(&[SaleState::Draft, SaleState::PayerOk], doing)?;
    if sale.committing {
        return Err(Refusal::wrong_state("the sale is being committed; try again in a moment"));
    }
    Ok(())
}

pub fn limits(shop: &Shop) -> Limits {
    let cfg = &shop.cfg.limits;
    Limits {
        sale_minor: cfg.sale_minor,
        payer_minor: cfg.payer_minor,
        payer_sales: cfg.payer_unverified_sales,
        till_minor: cfg.till_minor,
        refused_ending: shop.sandbox.then_some(SANDBOX_REFUSED_ENDING),
        oldest: SignedDuration::from_hours(24 * i64::from(cfg.oldest_unverified_days)),
        ..Limits::default()
    }
}

pub fn day_number(shop: &Shop) -> Result<DayNumber> {
    DayNumber::of(shop.quiet.local_day(shop.clock.now()))
        .ok_or_else(|| Refusal::internal("the clock of this machine is outside 2020-2199; set it"))
}

/// Now, as rules and people need it.
#[derive(Clone)]
pub struct Moment {
    pub now: Timestamp,
    pub today: DayNumber,
    /// The shop's.
    pub zone: TimeZone,
}

pub fn moment(shop: &Shop) -> Result<Moment> {
    Ok(Moment { now: shop.clock.now(), today: day_number(shop)?, zone: shop.quiet.zone.clone() })
}

/// Checks an approval away from the async threads: argon2id is slow on purpose.
pub async fn approve(
    shop: &Arc<Shop>,
    input: Option<ApprovalInput>,
    act: Act,
    sale_cashier: Option<String>,
) -> Result<Grant> {
    let shop = shop.clone();
    tokio::task::spawn_blocking(move || {
        shop.staff.approve(input.as_ref(), act, sale_cashier.as_deref(), shop.clock.now())
    })
    .await
    .map_err(unchecked)?
}

/// The same of two people.
pub async fn approve_two(
    shop: &Arc<Shop>,
    first: Option<ApprovalInput>,
    second: Option<ApprovalInput>,
    act: Act,
) -> Result<JointGrant> {
    let shop = shop.clone();
    tokio::task::spawn_blocking(move || {
        shop.staff.approve_two(first.as_ref(), second.as_ref(), act, shop.clock.now())
    })
    .await
    .map_err(unchecked)?
}

fn unchecked(join: tokio::task::JoinError) -> Refusal {
    Refusal::internal(format!("the approval was not checked: {join}"))
}

/// ISO 4217 of the shop; checked once at the start.
pub fn currency(code: &str) -> Result<Currency> {
    Currency::from_code(code)
        .ok_or_else(|| Refusal::field("currency_code", "CURRENCY_UNKNOWN", "give an ISO 4217 code, e.g. CNY"))
}
