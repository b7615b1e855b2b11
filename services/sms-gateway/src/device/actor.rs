//! The one task that owns a modem: opens it, sets it up, keeps it awake, sends and receives.

use super::asking;
use super::care::{self, Care};
use super::courier::Courier;
use super::failure::Failure;
use super::fleet::Order;
use super::ladder;
use super::link::{Link, LinkError};
use super::opening::{Opening, Unopened};
use super::radio_link::RadioLink;
use super::setup::{self, Habits, SetupOutcome, SimLooks};
use super::status::{TROUBLE_NO_SIM, TROUBLE_NO_STORAGE, TROUBLE_SILENT, TROUBLE_SIM_SWAPPED};
use super::storage::Storage;
use super::submit::{self, Submission};
use super::{ModemState, Transport, drain};
use crate::config::Way;
use crate::domain::at_line::Urc;
use crate::domain::cnmi::Reports;
use crate::domain::pdu;
use crate::store::{Sim, SimCheck};
use std::pin::{Pin, pin};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, sleep};

const REOPEN_FIRST: Duration = Duration::from_millis(100);
const REOPEN_MAX: Duration = Duration::from_secs(2);
/// A modem that was given up is still looked at.
const REOPEN_FAILED: Duration = Duration::from_secs(30);
/// A silent modem shows as DEGRADED after at most HEARTBEAT + ANSWER_WITHIN = 2.5 s.
const HEARTBEAT: Duration = Duration::from_secs(1);
const ANSWER_WITHIN: Duration = Duration::from_millis(1500);
/// For a modem that always takes longer.
const ANSWER_WITHIN_MAX: Duration = Duration::from_secs(12);
const DRAIN_EVERY: Duration = Duration::from_secs(30);
/// A SIM that is locked, missing or starting up is looked at again.
const BLOCKED_RETRY: Duration = Duration::from_secs(2);
/// A submission that takes longer shows the modem as DEGRADED, so that nobody counts on it meanwhile.
const SLOW_ANSWER: Duration = Duration::from_secs(20);

/// Why a session ended although nothing failed.
enum End {
    Shutdown,
    Restarted,
}

pub struct Actor {
    opening: Opening,
    courier: Courier,
    way: Way,
    sim: Sim,
    swapped: bool,
    storage: Storage,
    habits: Habits,
    /// How long the heartbeat's questions may take: more for a modem that has shown that it is slow.
    answer_within: Duration,
    sim_looks: SimLooks,
    radio: RadioLink,
    care: Care,
}

impl Transport for Actor {
    fn run(mut self: Box<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move { self.serve_for_ever().await })
    }
}

impl Actor {
    pub fn new(way: Way, courier: Courier) -> Self {
        Self {
            opening: Opening::of(&way),
            courier,
            way,
            sim: Sim::default(),
            swapped: false,
            storage: Storage::default(),
            habits: Habits::default(),
            answer_within: ANSWER_WITHIN,
            sim_looks: SimLooks::default(),
            radio: RadioLink::default(),
            care: Care::default(),
        }
    }

    async fn serve_for_ever(&mut self) {
        let mut pause = REOPEN_FIRST;
        let shutdown = self.courier.shutdown.clone();
        while !shutdown.is_triggered() {
            match self.attempt(&mut pause).await {
                Ok(End::Shutdown) => break,
                Ok(End::Restarted) | Err(Failure::Link(LinkError::Restarted)) => {
                    self.courier.set_state(ModemState::Opening);
                }
                Err(Failure::Link(error)) => {
                    tracing::debug!(error = &error as &dyn std::error::Error, "the modem's session ended");
                    if self.courier.status.borrow().trouble != TROUBLE_SILENT {
                        self.courier.set_state(ModemState::Absent);
                    }
                }
                Err(Failure::Store(error)) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the modem waits for the disk");
                    self.courier.set_state(ModemState::Degraded);
                }
            }
            tokio::select! {
                () = shutdown.wait() => break,
                () = sleep(pause) => pause = (pause * 2).min(REOPEN_MAX.max(pause)),
                _ = self.courier.orders.recv() => pause = REOPEN_FIRST,
            }
        }
        if let Err(error) = self.courier.close_open().await {
            tracing::error!(error = &error as &dyn std::error::Error, "an open submission becomes UNKNOWN");
        }
    }

    async fn attempt(&mut self, pause: &mut Duration) -> Result<End, Failure> {
        // Without a link nothing is being submitted, so no row may say SUBMITTING.
        self.courier.close_open().await?;
        self.courier.late = None;
        let shutdown = self.courier.shutdown.clone();
        let opened = tokio::select! {
            () = shutdown.wait() => return Ok(End::Shutdown),
            link = self.opening.open(&self.courier.modem) => link,
        };
        let mut link = match opened {
            Ok(link) => link,
            Err(Unopened { error, given_up }) => {
                if given_up {
                    self.courier.set_trouble(ModemState::Failed, TROUBLE_SILENT);
                    *pause = REOPEN_FAILED;
                }
                return Err(error.into());
            }
        };
        *pause = REOPEN_FIRST;
        self.courier.set_state(ModemState::Opening);
        self.sim_looks.opened();
        loop {
            let pin_file = self.way.pin_file.as_deref();
            let looks = &mut self.sim_looks;
            // A PIN that was sent and not answered would count as tried.
            let may_stop = pin_file.is_none();
            let shutdown = self.courier.shutdown.clone();
            let set_up = tokio::select! {
                () = shutdown.wait(), if may_stop => return Ok(End::Shutdown),
                set_up = setup::set_up(&mut link, &self.courier.store, pin_file, looks) => set_up?,
            };
            match set_up {
                SetupOutcome::Ready(ready) => {
                    self.courier.status.send_modify(|status| {
                        status.model = ready.model;
                        status.storage_used = ready.storage.used;
                        status.storage_total = ready.storage.total;
                        status.reports = ready.reports != Reports::Never;
                    });
                    self.sim = ready.sim;
                    (self.storage, self.habits) = (ready.storage, ready.habits);
                    self.courier.reports = self.way.reports && ready.reports != Reports::Never;
                    self.courier.owed_acks = ready.wants_acks.then_some(0);
                    self.radio = RadioLink::default();
                    self.care = tokio::select! {
                        () = shutdown.wait() => return Ok(End::Shutdown),
                        care = Care::set_up(&mut link) => care?,
                    };
                    return self.serve(&mut link).await;
                }
                SetupOutcome::Blocked(state) => {
                    let trouble = if state == ModemState::Failed { TROUBLE_NO_SIM } else { "" };
                    self.courier.set_trouble(state, trouble);
                    tokio::select! {
                        () = shutdown.wait() => return Ok(End::Shutdown),
                        () = sleep(BLOCKED_RETRY) => {}
                        Some(order) = self.courier.orders.recv() => if order == Order::Reset {
                            ladder::restart(&mut link).await;
                            return Ok(End::Restarted);
                        },
                    }
                }
            }
        }
    }

    async fn serve(&mut self, link: &mut Link) -> Result<End, Failure> {
        self.check_sim().await?;
        let mut more = drain::drain_all(link, &self.courier, &mut self.storage).await?;
        self.check(link).await?;
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut drain = interval(DRAIN_EVERY);
        drain.set_missed_tick_behavior(MissedTickBehavior::Delay);
        drain.reset();
        let mut changes = self.courier.store.watch_revision();
        let shutdown = self.courier.shutdown.clone();
        loop {
            tokio::select! {
                biased;
                () = shutdown.wait() => return Ok(End::Shutdown),
                order = self.courier.orders.recv() => match order {
                    None => return Ok(End::Shutdown),
                    Some(Order::Reset) => {
                        ladder::restart(link).await;
                        return Ok(End::Restarted);
                    }
                    Some(Order::AcceptSim) => {
                        self.accept_sim().await?;
                        self.check(link).await?;
                    }
                },
                urc = link.wait_urc() => {
                    if self.hear(link, urc?).await? {
                        return Ok(End::Restarted);
                    }
                }
                _ = drain.tick() => {
                    drain::drain_all(link, &self.courier, &mut self.storage).await?;
                    self.measure(link).await?;
                    drain.reset();
                }
                _ = heartbeat.tick() => {
                    self.check(link).await?;
                    self.look_after(link).await?;
                    // From now: a modem that takes longer than this pause would hear nothing but the question.
                    heartbeat.reset();
                    more = true;
                }
                // One message a turn: news of the modem is heard in between.
                () = std::future::ready(()), if more => more = self.submit_next(link).await?,
                changed = changes.changed() => more = changed.is_ok(),
            }
        }
    }

    /// Returns whether the modem has to be set up again.
    async fn hear(&mut self, link: &mut Link, urc: Urc) -> Result<bool, Failure> {
        match urc {
            Urc::Stored(memory) => {
                self.storage.announced(&memory);
                while drain::drain_all(link, &self.courier, &mut self.storage).await? {}
            }
            Urc::Pdu(line) => match pdu::from_hex(&line) {
                Ok(bytes) => {
                    self.courier.take_report(bytes).await?;
                    care::acknowledge(link, &mut self.courier).await?;
                }
                Err(_) => tracing::warn!("a status report is not hexadecimal"),
            },
            Urc::Acknowledged(answer) => self.courier.accept_late(submit::reference(&answer)).await?,
            Urc::Restarted => return Ok(true),
            Urc::Ussd(_) | Urc::Other => {}
        }
        Ok(false)
    }

    /// What a modem is asked beside its work must not make it look gone.
    async fn look_after(&mut self, link: &mut Link) -> Result<(), Failure> {
        match self.care.look(link, &self.courier, self.way.credit.as_ref(), self.answer_within).await {
            Err(Failure::Link(LinkError::Timeout)) => {
                self.courier.set_state(ModemState::Degraded);
                Ok(asking::first_answer(link).await?)
            }
            looked => looked,
        }
    }

    async fn check_sim(&mut self) -> Result<(), Failure> {
        let (modem, sim) = (self.courier.modem.clone(), self.sim.clone());
        let checked = self.courier.store.run(move |store| store.check_sim(&modem, &sim)).await?;
        self.swapped = checked == SimCheck::Swapped;
        if self.swapped {
            tracing::error!(
                modem = self.courier.modem,
                "another SIM or modem than before: nothing is sent by it"
            );
        }
        Ok(())
    }

    async fn accept_sim(&mut self) -> Result<(), Failure> {
        let (modem, sim) = (self.courier.modem.clone(), self.sim.clone());
        self.courier.store.run(move |store| store.accept_sim(&modem, &sim)).await?;
        self.swapped = false;
        Ok(())
    }

    /// The heartbeat: does it answer, and does it have a network?
    async fn check(&mut self, link: &mut Link) -> Result<(), Failure> {
        let registered = setup::is_registered(link, self.answer_within).await;
        if self.habits.have_changed(link) {
            return Err(LinkError::Restarted.into());
        }
        match registered {
            Ok(_) if self.swapped => self.courier.set_trouble(ModemState::Failed, TROUBLE_SIM_SWAPPED),
            // What is sent would get no answer.
            Ok(_) if self.storage.roomless => {
                self.courier.set_trouble(ModemState::Failed, TROUBLE_NO_STORAGE);
            }
            Ok(true) => self.courier.set_state(ModemState::Ready),
            Ok(false) => self.courier.set_state(ModemState::NoNetwork),
            Err(LinkError::Timeout) => {
                self.courier.set_state(ModemState::Degraded);
                asking::first_answer(link).await?;
                // It is there, only slow.
                self.answer_within = (self.answer_within * 2).min(ANSWER_WITHIN_MAX);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    async fn measure(&mut self, link: &mut Link) -> Result<(), Failure> {
        let signal = setup::signal(link).await?;
        self.storage.measure(link).await?;
        if self.habits.have_lapsed(link).await? {
            return Err(LinkError::Restarted.into());
        }
        let (used, total) = (self.storage.used, self.storage.total);
        self.courier.status.send_if_modified(|status| {
            let before = status.clone();
            status.signal = signal;
            (status.storage_used, status.storage_total) = (used, total);
            *status != before
        });
        Ok(())
    }

    /// False when nothing may go now.
    async fn submit_next(&mut self, link: &mut Link) -> Result<bool, Failure> {
        let Some(task) = self.courier.next().await? else {
            self.courier.settle().await?;
            self.radio.release(link).await?;
            return Ok(false);
        };
        self.radio.hold(link, &self.courier).await?;
        let answer_timeout = self.way.answer_timeout;
        let status = self.courier.status.clone();
        let mut submission = Submission { link, courier: &mut self.courier, answer_timeout };
        let ended = {
            let mut run = pin!(submission.run(&task));
            tokio::select! {
                ended = &mut run => ended,
                () = sleep(SLOW_ANSWER) => {
                    status.send_modify(|status| status.enter(ModemState::Degraded, ""));
                    run.await
                }
            }
        };
        match ended {
            Err(Failure::Link(LinkError::Timeout)) => {
                self.courier.set_state(ModemState::Degraded);
                asking::first_answer(link).await?;
            }
            Err(error) => return Err(error),
            Ok(()) => {}
        }
        if let Some(went_out) = self.courier.outcome.take() {
            self.care.submitted(link, &self.courier, went_out).await?;
        }
        care::acknowledge(link, &mut self.courier).await?;
        Ok(true)
    }
}
