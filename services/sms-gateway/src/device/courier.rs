//! One transport's way to the books: which message next, and what became of it. The order of commits around the
//! point of no return is what keeps invariant I11.

use super::fleet::{Fleet, Order, Task};
use super::status::{ClockSource, Sighting};
use super::{ModemState, ModemStatus};
use crate::crash;
use crate::domain::cms::Verdict;
use crate::domain::network_clock;
use crate::domain::outbox::Outgoing;
use crate::domain::rate::{Caps, Past};
use crate::store::{Pending, Result, Row, Store, StoreError, Taken};
use chit_runtime::{Clock, Shutdown};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

pub struct Courier {
    pub modem: String,
    pub store: Arc<Store>,
    pub clock: Clock,
    pub shutdown: Shutdown,
    pub fleet: Arc<Fleet>,
    pub orders: mpsc::Receiver<Order>,
    pub status: watch::Sender<ModemStatus>,
    pub caps: Caps,
    pub past: Past,
    pub reports: bool,
    /// Handed over, and what became of them is not on disk yet.
    pub open: BTreeMap<String, Option<Pending<Row>>>,
    /// Whether the last submission went out; `None`: it says nothing of the way there.
    pub outcome: Option<bool>,
    /// A message whose answer was given up while the modem was there: its acknowledgement may still come.
    pub late: Option<String>,
    /// The last reference that the modem gave; a modem that gives the same one twice in a row gives none.
    pub last_reference: Option<u8>,
    /// PDUs that the modem handed over and wants acknowledged; `None`: it does not.
    pub owed_acks: Option<u32>,
}

/// Why a message did not go.
pub enum NotNow {
    /// It was cancelled or held in the meantime.
    Withdrawn,
    Store(StoreError),
}

impl Courier {
    /// The next message, if the caps and the state allow one.
    pub async fn next(&mut self) -> Result<Option<Task>> {
        let now = self.clock.now();
        let limited_until = self.past.full_until(self.caps, now);
        self.status.send_if_modified(|status| {
            let changed = status.limited_until != limited_until;
            status.limited_until = limited_until;
            changed
        });
        if self.status.borrow().state != ModemState::Ready || limited_until.is_some() {
            return Ok(None);
        }
        self.fleet.next(&self.store, &self.modem, now).await
    }

    /// Commits that the message goes out now. Only then may it be given to the network.
    pub async fn hand_over(&mut self, task: &Task) -> std::result::Result<(), NotNow> {
        let (id, now) = (&task.row.message.id, self.clock.now());
        self.open.insert(id.clone(), None);
        let committed = self.store.hand_over(id, &self.modem, self.reports, now).await;
        match committed {
            Ok(_) => {}
            Err(StoreError::Refused(_)) => {
                self.open.remove(id);
                return Err(NotNow::Withdrawn);
            }
            Err(error) => return Err(NotNow::Store(error)),
        }
        self.past.record(now);
        // Changes are applied in order, so what was settled before this one is on disk, or failed.
        self.settle().await.map_err(NotNow::Store)
    }

    /// The network took it. The commit goes on while the next message is prepared.
    pub async fn accept(&mut self, id: &str, reference: Option<u8>) -> Result<()> {
        let (modem, now) = (self.modem.clone(), self.clock.now());
        self.outcome = Some(true);
        let constant = reference.is_some() && reference == self.last_reference;
        self.last_reference = reference;
        let reference = reference.filter(|_| !constant);
        let pending = self
            .store
            .enqueue_change(id, move |message| {
                message.accept(&modem, reference, now);
                Ok(())
            })
            .await?;
        crash::point("accepted");
        self.open.insert(id.to_owned(), Some(pending));
        Ok(())
    }

    pub async fn refuse(&mut self, id: &str, verdict: Verdict, reason: String) -> Result<()> {
        let now = self.clock.now();
        self.outcome = matches!(verdict, Verdict::Temporary | Verdict::Unknown).then_some(false);
        let rule = move |message: &mut Outgoing| {
            message.refuse(verdict, reason.clone(), now);
            Ok(())
        };
        self.store.enqueue_change(id, rule).await?.done().await?;
        self.open.remove(id);
        Ok(())
    }

    /// The acknowledgement of a message that was given up as UNKNOWN.
    pub async fn accept_late(&mut self, reference: Option<u8>) -> Result<()> {
        let Some(id) = self.late.take() else { return Ok(()) };
        let (modem, now) = (self.modem.clone(), self.clock.now());
        self.last_reference = reference;
        let rule = move |message: &mut Outgoing| {
            message.accept_late(&modem, reference, now);
            Ok(())
        };
        tracing::info!(message_id = id, "a late answer of the modem: the network has the message");
        self.store.enqueue_change(&id, rule).await?.done().await?;
        Ok(())
    }

    pub async fn lose_answer(&mut self, id: &str) -> Result<()> {
        let now = self.clock.now();
        self.outcome = Some(false);
        let rule = move |message: &mut Outgoing| {
            message.lose_answer(now);
            Ok(())
        };
        self.store.enqueue_change(id, rule).await?.done().await?;
        self.open.remove(id);
        Ok(())
    }

    /// Waits for what is on its way to the disk.
    pub async fn settle(&mut self) -> Result<()> {
        let pending: Vec<String> =
            self.open.iter().filter(|(_, pending)| pending.is_some()).map(|(id, _)| id.clone()).collect();
        for id in pending {
            if let Some(pending) = self.open.get_mut(&id).and_then(Option::take) {
                pending.done().await?;
                self.open.remove(&id);
            }
        }
        Ok(())
    }

    /// Nothing is being handed over: what the books still say of it, they learn now.
    pub async fn close_open(&mut self) -> Result<()> {
        self.settle().await?;
        let ids: Vec<String> = self.open.keys().cloned().collect();
        for id in ids {
            self.lose_answer(&id).await?;
        }
        Ok(())
    }

    /// PDUs that may be deleted from the modem when this returns.
    pub async fn take(&self, pdus: Vec<Vec<u8>>) -> Result<()> {
        let pending = self.store.enqueue_pdus(&self.modem, pdus, self.clock.now()).await?;
        pending.done().await?.into_iter().for_each(log_taken);
        Ok(())
    }

    /// A report that the modem does not keep: nobody waits for its commit, unless it wants an acknowledgement.
    pub async fn take_report(&mut self, bytes: Vec<u8>) -> Result<()> {
        if self.owe_ack() {
            return self.take(vec![bytes]).await;
        }
        let pending = self.store.enqueue_pdus(&self.modem, vec![bytes], self.clock.now()).await?;
        tokio::spawn(async move {
            match pending.done().await {
                Ok(taken) => taken.into_iter().for_each(log_taken),
                Err(error) => {
                    tracing::error!(error = &error as &dyn Error, "a status report could not be stored");
                }
            }
        });
        Ok(())
    }

    /// Something of the network's arrived at once with its time stamp.
    pub fn sees_clock(&self, stamp: Timestamp) {
        let now = self.clock.now();
        let better =
            self.status.borrow().clock.is_none_or(|known| known.source == ClockSource::ServiceCentre);
        if better && network_clock::is_sighting(stamp, now) {
            let sighting = Sighting { source: ClockSource::ServiceCentre, network: stamp, at: now };
            self.status.send_modify(|status| status.clock = Some(sighting));
        }
    }

    /// Of what the modem has just handed over.
    pub fn owe_ack(&mut self) -> bool {
        self.owed_acks.as_mut().map(|owed| *owed += 1).is_some()
    }

    pub fn set_state(&self, state: ModemState) {
        self.set_trouble(state, "");
    }

    pub fn set_trouble(&self, state: ModemState, trouble: &'static str) {
        self.status.send_if_modified(|status| {
            if (status.state, status.trouble) == (state, trouble) {
                return false;
            }
            tracing::info!(modem = status.name, from = ?status.state, to = ?state, trouble, "modem");
            status.enter(state, trouble);
            true
        });
    }
}

fn log_taken(taken: Taken) {
    match taken {
        Taken::Undecoded => tracing::warn!("a PDU of the modem cannot be read; it is kept for a person"),
        Taken::Report { paired: false } => tracing::info!("a status report belongs to no message of ours"),
        taken => tracing::debug!(?taken, "a PDU is stored"),
    }
}
