//! A reference issuer: K_master of its payers lives here. Shops forward what their payers answer; the issuer compares it and signs
//! what it found, so that a shop can make no proof of its own. Before anything is collected it asks the payer itself.

mod api;
mod asking;
mod config;
mod domain;
mod keys;
mod people;
mod restored;
mod store;

use std::sync::Arc;

use anyhow::Context as _;
use chit_proto::issuer::v1::issuer_service_server::IssuerServiceServer;
use chit_proto::issuer::v1::witness_service_server::WitnessServiceServer;
use chit_runtime::{Context, Server};

pub use config::Config;

use api::Api;
use asking::Asking;
use keys::Keys;
use people::People;
use store::Store;

/// Serves until shutdown.
pub async fn run(ctx: Context, config: Config) -> anyhow::Result<()> {
    let (keys, credential) = Keys::load(&ctx.shared)?;
    let people = Arc::new(People::load(&ctx.shared)?);
    let folder = ctx.shared.state_of(ctx.service);
    let keys = Arc::new(keys);
    let (cards, rows_a_time, now_ms) = (keys.clone(), config.rows_a_time, ctx.clock.now().as_millisecond());
    let store = tokio::task::spawn_blocking(move || {
        let path = folder.join("issuer.redb");
        let store = Store::open(&path, &credential).with_context(|| path.display().to_string())?;
        credential.note(&folder).context("cannot note which key opens the store")?;
        restored::skip_rows(&folder, &store, &cards, rows_a_time, now_ms)?;
        anyhow::Ok(store)
    })
    .await??;
    let store = Arc::new(store);
    let asking = Asking::of(&config, &store, &keys, &ctx.clock)?;
    if let Some(asking) = &asking {
        tokio::spawn(asking::listen(asking.clone(), ctx.shutdown.clone()));
    }
    let api = Api::new(&config, store.clone(), keys, people, ctx.clock.clone(), asking)?;
    let server = Server::new(&ctx, chit_proto::FILE_DESCRIPTOR_SET)
        .calls(api::CALLS)
        .add(IssuerServiceServer::new(api.clone()))
        .add(WitnessServiceServer::new(api));
    tokio::select! {
        served = server.run() => served,
        () = store.failed() => Err(anyhow::anyhow!("the store failed: a new process opens it again")),
    }
}
