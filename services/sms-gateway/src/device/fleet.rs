//! All modems together: who sends what, and who is asked by people.

use super::{ModemState, ModemStatus};
use crate::domain::outbox::Outgoing;
use crate::store::{Pick, Result, Row, Store};
use jiff::Timestamp;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// A dialogue stays with its modem so long while that modem is away; then another one goes on with it.
const KEEPS_FOR: Duration = Duration::from_secs(600);

/// What a person may ask of a modem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Close, reset if configured, and open again.
    Reset,
    /// The SIM in it is the right one from now on.
    AcceptSim,
}

pub struct Member {
    pub status: watch::Receiver<ModemStatus>,
    pub orders: mpsc::Sender<Order>,
}

pub struct Fleet {
    pub members: Vec<Member>,
    /// Last digits of numbers that are being written to: one message at a time, by one modem.
    busy: Mutex<HashSet<String>>,
}

/// A message that no other modem will take while this lives.
pub struct Task {
    pub row: Row,
    fleet: Arc<Fleet>,
}

impl Fleet {
    pub fn new(members: Vec<Member>) -> Arc<Self> {
        Arc::new(Self { members, busy: Mutex::default() })
    }

    pub async fn next(
        self: &Arc<Self>,
        store: &Arc<Store>,
        modem: &str,
        now: Timestamp,
    ) -> Result<Option<Task>> {
        let (fleet, modem) = (Arc::clone(self), modem.to_owned());
        store
            .run(move |store| {
                let mut busy = fleet.busy.lock().unwrap_or_else(PoisonError::into_inner);
                let keeps = |name: &str| fleet.keeps(name);
                let taken = |message: &Outgoing| busy.contains(message.to.tail());
                let pick = Pick { modem: &modem, keeps: &keeps, taken: &taken };
                let Some(row) = store.next_for(&pick, now)? else { return Ok(None) };
                busy.insert(row.message.to.tail().to_owned());
                Ok(Some(Task { row, fleet: Arc::clone(&fleet) }))
            })
            .await
    }

    /// The one that can do most now: what a caller with one modem in mind means.
    pub fn best(&self) -> Option<&Member> {
        let rank = |member: &&Member| match member.status.borrow().state {
            ModemState::Ready => 0,
            ModemState::Degraded | ModemState::NoNetwork | ModemState::Opening => 1,
            _ => 2,
        };
        self.members.iter().min_by_key(rank)
    }

    pub fn find(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.status.borrow().name == name)
    }

    fn keeps(&self, name: &str) -> bool {
        self.find(name).is_some_and(|member| {
            member.status.borrow().unready_since.is_none_or(|since| since.elapsed() < KEEPS_FOR)
        })
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        let mut busy = self.fleet.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.remove(self.row.message.to.tail());
    }
}

/// Waits until one of them changes; an error when a modem's task has ended.
pub async fn any_changed(
    all: &mut [watch::Receiver<ModemStatus>],
) -> std::result::Result<(), watch::error::RecvError> {
    let changes = all.iter_mut().map(|status| Box::pin(status.changed()));
    futures::future::select_all(changes).await.0
}
