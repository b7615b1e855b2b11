//! The one task that owns a modem: opens it, sets it up, keeps it awake, sends and receives.

use super::link::{Link, LinkError};
use super::setup::{self, SetupOutcome};
use super::submit::Submission;
use super::{ModemState, ModemStatus, OpenPort, drain};
use crate::config::Config;
use crate::domain::at_line::Urc;
use crate::domain::pdu;
use crate::store::{Store, StoreError};
use chit_runtime::{Clock, Shutdown};
use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

const REOPEN_FIRST: Duration = Duration::from_millis(100);
const REOPEN_MAX: Duration = Duration::from_secs(2);
/// A silent modem shows as DEGRADED after at most HEARTBEAT + ANSWER_WITHIN = 2.5 s.
const HEARTBEAT: Duration = Duration::from_secs(1);
const ANSWER_WITHIN: Duration = Duration::from_millis(1500);
const DRAIN_EVERY: Duration = Duration::from_secs(30);
/// A SIM that is locked, missing or starting up is looked at again.
const BLOCKED_RETRY: Duration = Duration::from_secs(2);
/// A submission that takes longer shows the modem as DEGRADED, so that nobody counts on it meanwhile.
const SLOW_ANSWER: Duration = Duration::from_secs(20);
const RATE_WINDOW: Duration = Duration::from_secs(60);

#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a session ended although nothing failed.
enum End {
    Shutdown,
    Restarted,
}

pub struct Actor {
    pub port: Box<dyn OpenPort>,
    pub store: Arc<Store>,
    pub clock: Clock,
    pub shutdown: Shutdown,
    pub config: Config,
    pub status: watch::Sender<ModemStatus>,
    /// Submissions of the last 60 s.
    pub recent: VecDeque<Instant>,
}

impl Actor {
    pub async fn run(mut self) {
        let mut pause = REOPEN_FIRST;
        while !self.shutdown.is_triggered() {
            match self.attempt(&mut pause).await {
                Ok(End::Shutdown) => return,
                Ok(End::Restarted) | Err(Failure::Link(LinkError::Restarted)) => {
                    self.set_state(ModemState::Opening);
                }
                Err(Failure::Link(error)) => {
                    tracing::debug!(error = &error as &dyn std::error::Error, "the modem's session ended");
                    self.set_state(ModemState::Absent);
                }
                Err(Failure::Store(error)) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the modem waits for the disk");
                    self.set_state(ModemState::Degraded);
                }
            }
            let shutdown = self.shutdown.clone();
            tokio::select! {
                () = shutdown.wait() => return,
                () = sleep(pause) => pause = (pause * 2).min(REOPEN_MAX),
            }
        }
    }

    async fn attempt(&mut self, pause: &mut Duration) -> Result<End, Failure> {
        // Without a link nothing is being submitted, so no row may say SUBMITTING.
        let now = self.clock.now();
        self.store.run(move |store| store.recover(now)).await?;
        let port = self.port.open().map_err(LinkError::Disconnected)?;
        let mut link = Link::new(port);
        setup::first_answer(&mut link).await?;
        *pause = REOPEN_FIRST;
        self.set_state(ModemState::Opening);
        loop {
            match setup::set_up(&mut link, &self.store, self.config.pin_file.as_deref()).await? {
                SetupOutcome::Ready(ready) => {
                    self.status.send_modify(|status| {
                        status.model = ready.model;
                        status.storage_used = ready.storage_used;
                        status.storage_total = ready.storage_total;
                    });
                    return self.serve(&mut link).await;
                }
                SetupOutcome::Blocked(state) => {
                    self.set_state(state);
                    let shutdown = self.shutdown.clone();
                    tokio::select! {
                        () = shutdown.wait() => return Ok(End::Shutdown),
                        () = sleep(BLOCKED_RETRY) => {}
                    }
                }
            }
        }
    }

    async fn serve(&mut self, link: &mut Link) -> Result<End, Failure> {
        self.drain(link).await?;
        self.check(link).await?;
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut drain = interval(DRAIN_EVERY);
        drain.set_missed_tick_behavior(MissedTickBehavior::Delay);
        drain.reset();
        let mut changes = self.store.watch_revision();
        let shutdown = self.shutdown.clone();
        loop {
            tokio::select! {
                biased;
                () = shutdown.wait() => return Ok(End::Shutdown),
                urc = link.wait_urc() => {
                    if self.hear(link, urc?).await? {
                        return Ok(End::Restarted);
                    }
                }
                _ = drain.tick() => {
                    self.drain(link).await?;
                    self.measure(link).await?;
                }
                _ = heartbeat.tick() => {
                    self.check(link).await?;
                    self.submit_next(link).await?;
                }
                _ = changes.changed() => self.submit_next(link).await?,
            }
        }
    }

    /// Returns whether the modem has to be set up again.
    async fn hear(&mut self, link: &mut Link, urc: Urc) -> Result<bool, Failure> {
        match urc {
            Urc::Stored => self.drain(link).await?,
            Urc::Pdu(line) => match pdu::from_hex(&line) {
                Ok(bytes) => drain::take(&self.store, self.port.name(), bytes, self.clock.now()).await?,
                Err(_) => tracing::warn!("a status report is not hexadecimal"),
            },
            Urc::Restarted => return Ok(true),
            Urc::Other => {}
        }
        Ok(false)
    }

    async fn drain(&mut self, link: &mut Link) -> Result<(), Failure> {
        drain::drain(link, &self.store, self.port.name(), self.clock.now()).await
    }

    /// The heartbeat: does it answer, and does it have a network?
    async fn check(&mut self, link: &mut Link) -> Result<(), Failure> {
        match setup::is_registered(link, ANSWER_WITHIN).await {
            Ok(true) => self.set_state(ModemState::Ready),
            Ok(false) => self.set_state(ModemState::NoNetwork),
            Err(LinkError::Timeout) => {
                self.set_state(ModemState::Degraded);
                setup::first_answer(link).await?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    async fn measure(&mut self, link: &mut Link) -> Result<(), Failure> {
        let (signal, storage) = (setup::signal(link).await?, setup::storage(link).await?);
        self.status.send_if_modified(|status| {
            let before = status.clone();
            status.signal = signal;
            if let Some((used, total)) = storage {
                (status.storage_used, status.storage_total) = (used, total);
            }
            *status != before
        });
        Ok(())
    }

    /// One message a turn: news of the modem is heard in between. The commit of the change wakes the next turn.
    async fn submit_next(&mut self, link: &mut Link) -> Result<(), Failure> {
        if self.status.borrow().state != ModemState::Ready || !self.rate_allows() {
            return Ok(());
        }
        let now = self.clock.now();
        let Some(row) = self.store.run(move |store| store.claim_next(now)).await? else { return Ok(()) };
        self.recent.push_back(Instant::now());
        let mut submission = Submission {
            link,
            store: &self.store,
            clock: &self.clock,
            shutdown: &self.shutdown,
            modem: self.port.name(),
            reports: self.config.reports,
            answer_timeout: self.config.answer_timeout(),
        };
        let ended = {
            let mut run = pin!(submission.run(&row.message));
            tokio::select! {
                ended = &mut run => ended,
                () = sleep(SLOW_ANSWER) => {
                    self.set_state(ModemState::Degraded);
                    run.await
                }
            }
        };
        match ended {
            Err(Failure::Link(LinkError::Timeout)) => {
                self.set_state(ModemState::Degraded);
                Ok(setup::first_answer(link).await?)
            }
            ended => ended,
        }
    }

    fn rate_allows(&mut self) -> bool {
        while self.recent.front().is_some_and(|at| at.elapsed() >= RATE_WINDOW) {
            self.recent.pop_front();
        }
        self.recent.len() < self.config.max_per_minute.get() as usize
    }

    fn set_state(&self, state: ModemState) {
        self.status.send_if_modified(|status| {
            if status.state == state {
                return false;
            }
            tracing::info!(from = ?status.state, to = ?state, "modem");
            status.state = state;
            true
        });
    }
}
