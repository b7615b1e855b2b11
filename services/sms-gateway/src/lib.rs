//! SMS through the shop's own modems: a durable outbox and inbox around an AT driver.

mod api;
pub mod config;
mod crash;
mod device;
pub mod domain;
mod store;
mod timers;

pub use config::Config;

use anyhow::Context as _;
use chit_proto::sms_gateway::v1::sms_gateway_service_server::SmsGatewayServiceServer;
use chit_runtime::{Context, HealthHandle, Pulse, Server};
use chit_vault::Credential;
use config::{Kind, Way};
use device::actor::Actor;
use device::courier::Courier;
use device::fleet::{Fleet, Member};
use device::loopback::Loopback;
use device::smpp::Smpp;
use device::{ModemState, ModemStatus, Transport};
use jiff::SignedDuration;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::{Policy, Store};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

const STATE_FILE: &str = "sms-gateway.redb";
/// Opens the store's data key: numbers and texts are sealed with that.
const CREDENTIAL: &str = "sms-data.key";
/// A health entry of its own: the service is fine while every modem is away.
const MODEM_HEALTH: &str = "chit.sms_gateway.v1.Modem";
/// The driver waits 2 s for an answer that is nearly there, then commits.
const ACTOR_STOP_MAX: Duration = Duration::from_secs(3);
/// Wishes of people that wait for a busy modem.
const ORDERS_MAX: usize = 4;

/// Serves until `ctx.shutdown` is triggered.
pub async fn run(ctx: Context, config: Config) -> anyhow::Result<()> {
    let ways = config.ways(ctx.shared.sandbox)?;
    let store = open_store(&ctx, &config).await?;
    let timers = tokio::spawn(timers::run(store.clone(), ctx.clock.clone()));

    let (fleet, transports) = transports(&ctx, &store, ways).await?;
    let health = HealthHandle::new();
    let reporter = tokio::spawn(report_health(health.clone(), fleet.clone()));
    let transports: Vec<_> = transports.into_iter().map(|transport| tokio::spawn(transport.run())).collect();

    let pulse = pulse(store.clone());
    let api = api::Api::new(store.clone(), ctx.clock.clone(), fleet, &config).await?;
    let server = Server::new(&ctx, chit_proto::FILE_DESCRIPTOR_SET)
        .calls(api::CALLS)
        .pulse(pulse)
        .add(SmsGatewayServiceServer::new(api))
        .health(health);
    let served = tokio::select! {
        served = server.run() => served,
        () = store.failed() => Err(anyhow::anyhow!("the books failed: a new process opens them again")),
    };
    ctx.shutdown.trigger();
    timers.abort();
    reporter.abort();
    let stopped = async {
        for transport in transports {
            let _ = transport.await;
        }
    };
    if timeout(ACTOR_STOP_MAX, stopped).await.is_err() {
        tracing::warn!("a modem's task did not stop in time; an open submission becomes UNKNOWN");
    }
    served
}

fn pulse(store: Arc<Store>) -> Pulse {
    Pulse::new("store", move || {
        let store = Arc::clone(&store);
        async move {
            let _ = store.run(|store| store.submits_of("")).await;
        }
    })
}

async fn open_store(ctx: &Context, config: &Config) -> anyhow::Result<Arc<Store>> {
    let file = ctx.shared.state_of(ctx.service).join(STATE_FILE);
    let now = ctx.clock.now();
    let policy = Policy {
        resend_after: SignedDuration::from_secs(config.unknown_resend_after_s.into()),
        per_destination_day: config.max_per_destination_day,
        country: config.country()?,
        keep: SignedDuration::from_hours(24 * i64::from(config.keep_days)),
    };
    let credential = Credential::read(&ctx.shared.key(CREDENTIAL)?).context(CREDENTIAL)?;
    let opened = tokio::task::spawn_blocking({
        let (file, state) = (file.clone(), ctx.shared.state_of(ctx.service));
        move || {
            let store = Store::open(&file, &credential, policy, now)?;
            credential.note(&state)?;
            anyhow::Ok(store)
        }
    });
    opened.await?.with_context(|| format!("cannot open {}", file.display()))
}

type Transports = Vec<Box<dyn Transport>>;

async fn transports(
    ctx: &Context,
    store: &Arc<Store>,
    ways: Vec<Way>,
) -> anyhow::Result<(Arc<Fleet>, Transports)> {
    let (mut members, mut ends) = (Vec::new(), Vec::new());
    for way in &ways {
        let (status, seen) = watch::channel(ModemStatus::absent(&way.name, &way.port.display().to_string()));
        let (orders, taken) = mpsc::channel(ORDERS_MAX);
        members.push(Member { status: seen, orders });
        ends.push((status, taken));
    }
    let fleet = Fleet::new(members);
    let mut transports: Transports = Vec::new();
    for (way, (status, orders)) in ways.into_iter().zip(ends) {
        let name = way.name.clone();
        let courier = Courier {
            past: store.run(move |store| store.submits_of(&name)).await?,
            modem: way.name.clone(),
            store: Arc::clone(store),
            clock: ctx.clock.clone(),
            shutdown: ctx.shutdown.clone(),
            fleet: Arc::clone(&fleet),
            orders,
            status,
            caps: way.caps,
            reports: way.reports,
            open: BTreeMap::new(),
            outcome: None,
            late: None,
            last_reference: None,
            owed_acks: None,
        };
        transports.push(match way.kind {
            Kind::Modem => Box::new(Actor::new(way, courier)),
            Kind::Loopback => Box::new(Loopback { courier }),
            Kind::Smpp => {
                let settings = way.smpp.context("an smpp table")?;
                Box::new(Smpp { settings, answer_timeout: way.answer_timeout, courier })
            }
        });
    }
    Ok((fleet, transports))
}

/// Ready while one of them is.
async fn report_health(health: HealthHandle, fleet: Arc<Fleet>) {
    let mut all: Vec<_> = fleet.members.iter().map(|member| member.status.clone()).collect();
    loop {
        let ready = all.iter_mut().any(|status| status.borrow_and_update().state == ModemState::Ready);
        health.set(MODEM_HEALTH, ready);
        if device::fleet::any_changed(&mut all).await.is_err() {
            return;
        }
    }
}
