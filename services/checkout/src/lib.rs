//! Checkout: coordinates a sale from basket to settlement, dispute and bad record.
//!
//! Laid out by aggregate; each holds pure rules beside steps that work on `&mut Tx`, and knows only those under it. The
//! list below is in that order, the lowest first.

mod values;

mod store;

mod outbox;

mod staff;

mod payer;

mod custody;

mod collection;

mod texts;

mod recovery;

mod dispute;

mod bank;

mod verification;

mod risk;

mod sale;

mod shift;

mod erasure;

pub mod config;
mod issuer;
mod keys;
mod migration;
mod peers;

mod context;

mod paper;

mod trust;

mod inbound;

mod effects;

mod schedule;

mod api;

#[cfg(any(test, feature = "bulk"))]
mod bulk;

#[cfg(test)]
mod tests;

use chit_runtime::{Context, Pulse, Server};
use tokio::task::JoinSet;

#[cfg(feature = "bulk")]
pub use bulk::settle::{SettleFigures, time_settling};
#[cfg(feature = "bulk")]
pub use bulk::{Town, write_town};
pub use config::Config;
pub use config::bank::{BankConfig, FormatName, RailName};
pub use values::ids::PayerId;

/// Serves until shutdown. Effects that an earlier process left are taken up.
pub async fn run(ctx: Context, cfg: Config) -> anyhow::Result<()> {
    let tcp = cfg.tcp(api::may);
    let shop = context::Shop::open(&ctx, cfg).await?;
    let mut listeners = JoinSet::new();
    listeners.spawn(effects::ensure_accounts(shop.clone()));
    listeners.spawn(inbound::modem::run(shop.clone()));
    listeners.spawn(inbound::follow_messages(shop.clone()));
    listeners.spawn(inbound::replies::run(shop.clone()));
    listeners.spawn(inbound::scans::run(shop.clone()));
    listeners.spawn(inbound::printer::run(shop.clone()));
    listeners.spawn(inbound::evidence_log::run(shop.clone()));
    let server = Server::new(&ctx, chit_proto::FILE_DESCRIPTOR_SET).tcp(tcp).pulse(pulse(&shop));
    let server = api::add_all(server, shop.clone());
    tokio::select! {
        served = server.run() => served,
        // State that cannot be read or written: a new process starts from what is durable.
        failed = until_failure(effects::run(shop.clone())) => Err(failed),
        failed = until_failure(schedule::run(shop)) => Err(failed),
        panic = panicked(&mut listeners) => Err(panic),
    }
}

/// An empty change goes through the writing thread like any other, and is not committed.
fn pulse(shop: &context::Shop) -> Pulse {
    let store = shop.store.clone();
    Pulse::new("writing thread", move || {
        let store = store.clone();
        async move {
            let _ = store.write(|_| Ok(())).await;
        }
    })
}

/// An orderly end is the server's to decide: calls in flight are answered before the process goes.
async fn until_failure(part: impl Future<Output = values::refusal::Result<()>>) -> anyhow::Error {
    match part.await {
        Ok(()) => std::future::pending().await,
        Err(refusal) => refusal.into(),
    }
}

/// A shop that does not hear its payers must not look alive: a new process listens again.
async fn panicked(listeners: &mut JoinSet<()>) -> anyhow::Error {
    while let Some(ended) = listeners.join_next().await {
        if let Err(panic) = ended {
            return anyhow::Error::new(panic).context("a listener panicked");
        }
    }
    std::future::pending().await
}
