//! SMS through the shop's own modem: a durable outbox and inbox around an AT driver.

mod api;
pub mod config;
mod device;
pub mod domain;
mod store;
mod timers;

pub use config::Config;

use anyhow::Context as _;
use chit_proto::sms_gateway::v1::sms_gateway_service_server::SmsGatewayServiceServer;
use chit_runtime::{Context, HealthHandle, Server};
use device::actor::Actor;
use device::serial::SerialPort;
use device::{ModemState, ModemStatus, OpenPort};
use std::collections::VecDeque;
use std::time::Duration;
use store::Store;
use tokio::sync::watch;
use tokio::time::timeout;

const STATE_FILE: &str = "sms-gateway.redb";
/// A health entry of its own: the service is fine while the modem is away.
const MODEM_HEALTH: &str = "chit.sms_gateway.v1.Modem";
/// The driver waits 2 s for an answer that is nearly there, then commits.
const ACTOR_STOP_MAX: Duration = Duration::from_secs(3);

/// Serves until `ctx.shutdown` is triggered.
pub async fn run(ctx: Context, config: Config) -> anyhow::Result<()> {
    let file = ctx.shared.state_of(ctx.service).join(STATE_FILE);
    let now = ctx.clock.now();
    let store = tokio::task::spawn_blocking({
        let file = file.clone();
        move || Store::open(&file, now)
    })
    .await?
    .with_context(|| format!("cannot open {}", file.display()))?;

    let port = SerialPort::new(config.port.clone(), config.baud);
    let (status, modem) = watch::channel(ModemStatus::absent(port.name()));
    let timers = tokio::spawn(timers::run(store.clone(), ctx.clock.clone(), config.resend_after()));
    let health = HealthHandle::new();
    let reporter = tokio::spawn(report_health(health.clone(), modem.clone()));
    let actor = Actor {
        port: Box::new(port),
        store: store.clone(),
        clock: ctx.clock.clone(),
        shutdown: ctx.shutdown.clone(),
        config,
        status,
        recent: VecDeque::new(),
    };
    let actor = tokio::spawn(actor.run());

    let api = api::Api { store, clock: ctx.clock.clone(), modem };
    let served = Server::new(&ctx, chit_proto::FILE_DESCRIPTOR_SET)
        .add(SmsGatewayServiceServer::new(api))
        .health(health)
        .run()
        .await;
    ctx.shutdown.trigger();
    timers.abort();
    reporter.abort();
    if timeout(ACTOR_STOP_MAX, actor).await.is_err() {
        tracing::warn!("the modem's task did not stop in time; an open submission becomes UNKNOWN");
    }
    served
}

async fn report_health(health: HealthHandle, mut modem: watch::Receiver<ModemStatus>) {
    loop {
        let ready = modem.borrow_and_update().state == ModemState::Ready;
        health.set(MODEM_HEALTH, ready);
        if modem.changed().await.is_err() {
            return;
        }
    }
}
