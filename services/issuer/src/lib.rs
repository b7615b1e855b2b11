//! A reference issuer: K_master of its payers lives here. Shops forward what their payers answer; the issuer compares it and signs
//! what it found, so that a shop can make no proof of its own.

mod api;
mod config;
mod domain;
mod keys;
mod store;

use std::sync::Arc;

use anyhow::Context as _;
use chit_proto::issuer::v1::issuer_service_server::IssuerServiceServer;
use chit_runtime::{Context, Server};

pub use config::Config;

use api::Api;
use keys::Keys;
use store::Store;

/// Serves until shutdown.
pub async fn run(ctx: Context, config: Config) -> anyhow::Result<()> {
    let shops = config.shops()?;
    let (keys, credential) = Keys::load(&ctx.shared)?;
    let folder = ctx.shared.state_of(ctx.service);
    let store = tokio::task::spawn_blocking(move || {
        let path = folder.join("issuer.redb");
        let store = Store::open(&path, &credential).with_context(|| path.display().to_string())?;
        credential.note(&folder).context("cannot note which key opens the store")?;
        anyhow::Ok(store)
    })
    .await??;
    let api = Api::new(Arc::new(store), Arc::new(keys), shops, config.rows_a_time, ctx.clock.clone());
    Server::new(&ctx, chit_proto::FILE_DESCRIPTOR_SET)
        .calls(api::CALLS)
        .add(IssuerServiceServer::new(api))
        .run()
        .await
}
