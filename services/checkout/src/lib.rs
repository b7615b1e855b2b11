//! Checkout: coordinates a sale from basket to settlement, dispute and bad record.

mod api;
pub mod config;
mod counter;
mod dialogue;
pub mod domain;
mod enrol;
mod goods;
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
        ended = saga::run(shop.clone()) => { ended?; ctx.shutdown.wait().await; Ok(()) }
        ended = schedule::run(shop) => { ended?; ctx.shutdown.wait().await; Ok(()) }
        panic = panicked(&mut listeners) => Err(panic),
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
