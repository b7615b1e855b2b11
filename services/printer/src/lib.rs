//! Receipts on ESC/POS printers: layout, one owner of the link, a job journal, and an honest "did it print?".

mod api;
mod config;
pub mod device;
pub mod domain;
mod journal;
mod store;
mod wire;

use std::sync::Arc;

use anyhow::Context as _;
use chit_proto::printer::v1::printer_service_server::PrinterServiceServer;
use chit_runtime::{Context, Server};
use tokio::sync::watch;

pub use config::Config;

use api::Api;
use device::actor::{Actor, UNKNOWN};
use device::link::PrinterLink as _;
use device::tcp::TcpLink;
use journal::Journal;
use wire::DocumentReader;

/// Serves and prints until `ctx.shutdown`.
pub async fn run(ctx: Context, config: Config) -> anyhow::Result<()> {
    let settings = config.check()?;
    let path = ctx.shared.state_of("printer").join("jobs.redb");
    let clock = ctx.clock.clone();
    let journal = tokio::task::spawn_blocking(move || {
        Journal::open(&path, clock).with_context(|| format!("cannot open {}", path.display()))
    })
    .await??;
    let journal = Arc::new(journal);
    let reader = DocumentReader {
        default_language: settings.language,
        time_zone: jiff::tz::TimeZone::get(&ctx.shared.time_zone)?,
        practice: ctx.shared.sandbox,
    };
    let link = TcpLink { address: settings.address, connect_timeout: settings.connect_timeout };
    let status = watch::Sender::new(UNKNOWN);
    let api = Api {
        journal: Arc::clone(&journal),
        reader: reader.clone(),
        status: status.subscribe(),
        link_name: link.name(),
        columns: settings.profile.columns,
        code_cards: settings.code_card_over_network || !link.is_network(),
        copies_max: settings.copies_max,
    };
    let actor =
        Actor { link, profile: settings.profile, journal, reader, status, shutdown: ctx.shutdown.clone() };
    let printing = tokio::spawn(actor.run());
    let served =
        Server::new(&ctx, chit_proto::FILE_DESCRIPTOR_SET).add(PrinterServiceServer::new(api)).run().await;
    ctx.shutdown.trigger();
    printing.await.context("the printer's actor ended badly")?;
    served
}
