//! Chit's ledger: double entry with pending transfers, a journal file that is committed to and is a Merkle tree, and
//! an index that follows it. One writing thread, one indexing thread.

mod api;
mod audit;
#[cfg(test)]
mod audit_tests;
mod config;
mod domain;
#[cfg(test)]
mod fuzz_tests;
mod history;
mod journal;
mod notary;
mod store;
mod tree;
mod wire;
mod writer;
#[cfg(test)]
mod writer_tests;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chit_proto::ledger::v1::ledger_service_server::LedgerServiceServer;
use chit_runtime::{Context, Pulse, Server};

pub use config::Config;

use api::Api;
use domain::{StorageError, UnixMicros};
use notary::Notary;
use store::{JournalStore, Storage};
use writer::{Now, Writer};

/// The key that signs checkpoints; `chit init` makes it.
const KEY: &str = "ledger.key";

/// How often overdue pending transfers are looked for without writes. Business time may jump in a sandbox, so the
/// next expiry cannot simply be slept for.
const EXPIRY_TICK: Duration = Duration::from_secs(1);

/// How long a stopping service waits for its last commit and for the file to be closed.
const CLOSE_MAX: Duration = Duration::from_secs(1);

/// Runs the service until shutdown, or until nothing more may be written.
pub async fn run(ctx: Context, config: Config) -> anyhow::Result<()> {
    let notary = Arc::new(Notary::new(&ctx.shared.key(KEY)?)?);
    let folder = ctx.shared.state_of(ctx.service);
    let opened = tokio::task::spawn_blocking(move || {
        JournalStore::open(&folder).with_context(|| folder.display().to_string())
    });
    let store = opened.await??;
    let closed = store.closed();
    let served = serve(ctx, config, notary, Arc::new(store)).await;
    // The index is brought up to the journal and closed when the last owner lets go, which may be a connection's task:
    // then the next start has nothing to catch up with.
    let _closed_or_late = tokio::time::timeout(CLOSE_MAX, closed.wait()).await;
    served
}

async fn serve(
    ctx: Context,
    config: Config,
    notary: Arc<Notary>,
    storage: Arc<dyn Storage>,
) -> anyhow::Result<()> {
    let clock = ctx.clock.clone();
    let now: Now = Arc::new(move || UnixMicros(clock.now().as_microsecond()));
    let (writer, ended) = Writer::start(Arc::clone(&storage), Arc::clone(&now), config)?;
    let api = Api::new(Arc::clone(&storage), writer.clone(), notary, ctx.shutdown.clone());
    let server = Server::new(&ctx, chit_proto::FILE_DESCRIPTOR_SET)
        .calls(api::CALLS)
        .pulse(pulse(writer.clone()))
        .add(LedgerServiceServer::new(api));
    tokio::select! {
        served = server.run() => served,
        failed = expire(storage, writer, now) => {
            Err(failed).context("nothing more can be stored, so the ledger stops")
        }
        ended = ended => match ended {
            Ok(Err(error)) => Err(error).context("a commit failed, so the ledger stops"),
            Ok(Ok(())) | Err(_) => anyhow::bail!("the ledger's writing thread ended"),
        },
    }
}

/// An empty write goes through the writing thread like any other, and changes nothing.
fn pulse(writer: Writer) -> Pulse {
    Pulse::new("writing thread", move || {
        let writer = writer.clone();
        async move {
            let _ = writer.expire_due().await;
        }
    })
}

/// Releases overdue pending transfers between writes. Ends when the storage has failed.
async fn expire(storage: Arc<dyn Storage>, writer: Writer, now: Now) -> StorageError {
    let mut tick = tokio::time::interval(EXPIRY_TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(failed) = storage.health() {
            return failed;
        }
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
