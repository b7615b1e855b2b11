//! Receipts on ESC/POS printers: layout, one owner of the link, a job journal, and an honest "did it print?".

mod api;
mod config;
pub mod device;
pub mod domain;
pub mod drawing;
mod journal;
pub mod profile;
mod store;
mod wire;

use std::sync::Arc;

use anyhow::Context as _;
use chit_proto::printer::v1::printer_service_server::PrinterServiceServer;
use chit_runtime::{Context, HealthHandle, Pulse, Server};
use chit_vault::Credential;
use tokio::sync::{Mutex, mpsc, watch};

pub use config::Config;

use api::Api;
use config::{Link, Settings};
use device::actor;
use device::link::PrinterLink;
use device::order::ORDERS_MAX;
use device::station::{Station, Status};
use domain::condition::Condition;
use journal::Journal;
use wire::DocumentReader;

/// A health entry of its own: the service is fine while the printer is away.
const PRINTER_HEALTH: &str = "chit.printer.v1.Printer";
/// Opens the journal's data key: the contents of papers are sealed with that.
const CREDENTIAL: &str = "printer-data.key";

/// Serves and prints until `ctx.shutdown`.
pub async fn run(ctx: Context, config: Config) -> anyhow::Result<()> {
    let settings = config.settings()?;
    match settings.link.clone() {
        Link::Tcp(link) => serve(ctx, settings, link).await,
        Link::Serial(link) => serve(ctx, settings, link).await,
        Link::Usb(link) => serve(ctx, settings, link).await,
        Link::UsbDevice(link) => serve(ctx, settings, link).await,
    }
}

async fn serve<L: PrinterLink + Sync>(ctx: Context, settings: Settings, link: L) -> anyhow::Result<()> {
    let state = ctx.shared.state_of("printer");
    let credential = Credential::read(&ctx.shared.key(CREDENTIAL)?).context(CREDENTIAL)?;
    let clock = ctx.clock.clone();
    let journal = tokio::task::spawn_blocking(move || {
        let path = state.join("jobs.redb");
        let journal = Journal::open(&path, &credential, clock)
            .with_context(|| format!("cannot open {}", path.display()))?;
        credential.note(&state)?;
        anyhow::Ok(journal)
    })
    .await??;
    let journal = Arc::new(journal);
    let reader = DocumentReader {
        default_language: settings.language,
        time_zone: jiff::tz::TimeZone::get(&ctx.shared.time_zone)?,
        practice: ctx.shared.sandbox,
    };
    let status = watch::Sender::new(Status::unknown(&settings.profile));
    let stationery = Arc::new(settings.stationery);
    let (orders, ordered) = mpsc::channel(ORDERS_MAX);
    let api = Api {
        journal: Arc::clone(&journal),
        reader: reader.clone(),
        status: status.subscribe(),
        link_name: link.name(),
        stationery: Arc::clone(&stationery),
        face: settings.profile.face.clone(),
        orders,
        code_cards: settings.code_card_over_network || !link.is_network(),
        copies_max: settings.copies_max,
    };
    let station = Station {
        link,
        profile: settings.profile,
        journal: Arc::clone(&journal),
        reader,
        stationery,
        orders: Mutex::new(ordered),
        status,
        shutdown: ctx.shutdown.clone(),
    };
    let pulse = pulse(Arc::clone(&station.journal));
    let health = HealthHandle::new();
    let reporter = tokio::spawn(report_health(health.clone(), station.status.subscribe()));
    let printing = tokio::spawn(actor::run(station));
    let server = Server::new(&ctx, chit_proto::FILE_DESCRIPTOR_SET)
        .calls(api::CALLS)
        .pulse(pulse)
        .health(health)
        .add(PrinterServiceServer::new(api));
    let served = tokio::select! {
        served = server.run() => served,
        () = journal.failed() => Err(anyhow::anyhow!("the job journal failed: a new process opens it again")),
    };
    ctx.shutdown.trigger();
    reporter.abort();
    printing.await.context("the printer's actor ended badly")?;
    served
}

async fn report_health(health: HealthHandle, mut status: watch::Receiver<Status>) {
    loop {
        health.set(PRINTER_HEALTH, status.borrow_and_update().condition == Condition::Ready);
        if status.changed().await.is_err() {
            return;
        }
    }
}

/// A job that is not there is looked for where all jobs are.
fn pulse(journal: Arc<Journal>) -> Pulse {
    Pulse::new("journal", move || {
        let journal = Arc::clone(&journal);
        async move {
            let _ = journal.read(|store| store.job("")).await;
        }
    })
}
