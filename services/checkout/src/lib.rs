//! Checkout: coordinates a sale from basket to settlement, dispute and bad record.

mod api;
mod change;
pub mod config;
mod counter;
mod dialogue;
pub mod domain;
mod enrol;
mod goods;
mod grant;
mod keys;
mod papers;
mod receipt_qr;
mod saga;
mod schedule;
mod shop;
mod staff;
mod store;
#[cfg(test)]
mod tests;
mod watch;

use chit_runtime::{Context, Server};
use tokio::task::JoinSet;

pub use config::Config;

/// Serves until shutdown. The saga goes on with what an earlier process left.
pub async fn run(ctx: Context, cfg: Config) -> anyhow::Result<()> {
    counter::currency(&cfg.currency_code)?;
    counter::check_catalogue(&cfg.catalogue)?;
    let tcp = cfg.tcp(api::may);
    let shop = shop::Shop::open(&ctx, cfg)?;
    let mut listeners = JoinSet::new();
    listeners.spawn(saga::ensure_accounts(shop.clone()));
    listeners.spawn(watch::modem::run(shop.clone()));
    listeners.spawn(watch::sms_states::run(shop.clone()));
    listeners.spawn(watch::inbox::run(shop.clone()));
    listeners.spawn(watch::scans::run(shop.clone()));
    let server = Server::new(&ctx, chit_proto::FILE_DESCRIPTOR_SET).tcp(tcp);
    let server = api::add_all(server, shop.clone());
    tokio::select! {
        served = server.run() => served,
        // State that cannot be read or written: a new process starts from what is durable.
        failed = until_failure(saga::run(shop.clone())) => Err(failed),
        failed = until_failure(schedule::run(shop)) => Err(failed),
        panic = panicked(&mut listeners) => Err(panic),
    }
}

/// An orderly end is the server's to decide: calls in flight are answered before the process goes.
async fn until_failure(part: impl Future<Output = domain::refusal::Result<()>>) -> anyhow::Error {
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
