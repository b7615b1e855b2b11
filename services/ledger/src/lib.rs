//! Chit's ledger: double entry with pending transfers and a hash-chained journal, one file, one writing thread.

mod api;
mod audit;
#[cfg(test)]
mod audit_tests;
mod config;
mod domain;
mod journal;
mod store;
mod wire;
mod writer;
#[cfg(test)]
mod writer_tests;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chit_proto::ledger::v1::ledger_service_server::LedgerServiceServer;
use chit_runtime::{Context, Server};

pub use config::Config;

use api::Api;
use domain::UnixMicros;
use store::{RedbStore, Storage};
use writer::{Now, Writer};

/// The ledger's only file, inside its state folder.
const FILE: &str = "ledger.redb";

/// How often overdue pending transfers are looked for when nobody writes. Business time may jump in a sandbox, so the
/// next expiry cannot simply be slept for.
const EXPIRY_TICK: Duration = Duration::from_secs(1);

/// How long a stopping service waits for its last commit and for the file to be closed.
const CLOSE_MAX: Duration = Duration::from_secs(1);

/// Runs the service until shutdown, or until nothing more may be written.
pub async fn run(ctx: Context, config: Config) -> anyhow::Result<()> {
    let file = ctx.shared.state_of(ctx.service).join(FILE);
    let opened = tokio::task::spawn_blocking(move || {
        RedbStore::open(&file).with_context(|| file.display().to_string())
    });
    let storage: Arc<dyn Storage> = Arc::new(opened.await??);
    serve(ctx, config, storage).await
}

async fn serve(ctx: Context, config: Config, storage: Arc<dyn Storage>) -> anyhow::Result<()> {
    let clock = ctx.clock.clone();
    let now: Now = Arc::new(move || UnixMicros(clock.now().as_microsecond()));
    let (writer, mut ended) = Writer::start(Arc::clone(&storage), Arc::clone(&now), config)?;
    let api = Api::new(Arc::clone(&storage), writer.clone(), ctx.shutdown.clone());
    let server = Server::new(&ctx, chit_proto::FILE_DESCRIPTOR_SET).add(LedgerServiceServer::new(api));
    let served = tokio::select! {
        served = server.run() => served,
        never = expire(storage, writer, now) => match never {},
        ended = &mut ended => return match ended {
            Ok(Err(error)) => Err(error).context("a commit failed, so the ledger stops"),
            Ok(Ok(())) | Err(_) => anyhow::bail!("the ledger's writing thread ended"),
        },
    };
    // redb marks its file as cleanly closed when the last owner lets go; without that the next start reads all of it.
    let _closed_or_late = tokio::time::timeout(CLOSE_MAX, ended).await;
    served
}

/// Releases overdue pending transfers while nobody writes.
async fn expire(storage: Arc<dyn Storage>, writer: Writer, now: Now) -> Infallible {
    let mut tick = tokio::time::interval(EXPIRY_TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let (storage, now) = (Arc::clone(&storage), Arc::clone(&now));
        let due = tokio::task::spawn_blocking(move || storage.view()?.due(now(), 1)).await;
        let outcome = match due {
            Ok(Ok(due)) if due.is_empty() => continue,
            Ok(Ok(_)) => writer.expire_due().await.map_err(anyhow::Error::from),
            Ok(Err(error)) => Err(error.into()),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = outcome {
            tracing::warn!(error = format!("{error:#}"), "expiry waits for the next tick");
        }
    }
}
