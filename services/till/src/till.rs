//! What every page works with.

use std::sync::Arc;

use chit_runtime::{Clock, Context, Shutdown};
use jiff::tz::TimeZone;
use tokio::sync::{Semaphore, watch};

use crate::config::Config;
use crate::peers::Peers;
use crate::scene::Scene;
use crate::sessions::Sessions;
use crate::thumb::Thumb;

/// Pages that are open at a time; each holds one event stream.
const READERS_MAX: usize = 64;
/// Sign-in pages that are told when the shop is up again; the others still take a PIN.
const STRANGERS_MAX: usize = 16;
/// PINs that are checked at a time. checkout checks one after the other.
const SIGN_INS_MAX: usize = 2;

pub struct Till {
    pub peers: Peers,
    /// What the pages show now; `hub` keeps it so.
    pub scene: watch::Sender<Arc<Scene>>,
    /// Asks for a fresh status before its next turn.
    pub stale: tokio::sync::Notify,
    pub sessions: Sessions,
    pub thumb: Thumb,
    pub readers: Arc<Semaphore>,
    /// Pages of people who are not signed in.
    pub strangers: Arc<Semaphore>,
    /// Sign-ins that are asked of checkout. The others wait here, each in its turn: a hundred at once cost a cashier no more than these.
    pub sign_ins: Semaphore,
    pub zone: TimeZone,
    pub clock: Clock,
    pub cfg: Config,
    pub shutdown: Shutdown,
}

impl Till {
    pub fn new(ctx: &Context, cfg: Config) -> anyhow::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            peers: Peers::new(&ctx.shared),
            scene: watch::Sender::new(Arc::new(Scene::default())),
            stale: tokio::sync::Notify::new(),
            sessions: Sessions::new(cfg.idle_minutes),
            thumb: Thumb::default(),
            readers: Arc::new(Semaphore::new(READERS_MAX)),
            strangers: Arc::new(Semaphore::new(STRANGERS_MAX)),
            sign_ins: Semaphore::new(SIGN_INS_MAX),
            zone: TimeZone::get(&ctx.shared.time_zone)?,
            clock: ctx.clock.clone(),
            shutdown: ctx.shutdown.clone(),
            cfg,
        }))
    }

    pub fn scene(&self) -> Arc<Scene> {
        self.scene.borrow().clone()
    }
}
