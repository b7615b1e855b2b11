//! The one owner of the printer: opens the link, hands it to a session, opens it again when it is lost.

use std::sync::Arc;
use std::time::Duration;

use chit_runtime::Shutdown;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::identity::Profile;
use super::link::PrinterLink;
use super::order::{Order, Refusal};
use super::session::{Ended, Session};
use crate::domain::condition::Condition;
use crate::domain::job::Confidence;
use crate::domain::layout::Stationery;
use crate::journal::Journal;
use crate::wire::DocumentReader;

const RECONNECT_MIN: Duration = Duration::from_millis(100);
const RECONNECT_MAX: Duration = Duration::from_secs(2);

/// What the actor publishes about the printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub condition: Condition,
    pub paper_near_end: bool,
    pub drawer_high: bool,
    pub printing: bool,
    /// Columns of its paper.
    pub columns: usize,
    /// What it calls itself.
    pub model: String,
    /// The entry of the profile table.
    pub profile: String,
    /// Whether that entry is this printer's own.
    pub recognised: bool,
    /// How it confirms papers.
    pub confirms_by: Confidence,
    pub native_qr: bool,
    pub chinese_font: bool,
}

impl Status {
    /// Of a printer that was not heard of yet.
    pub fn unknown(profile: &Profile) -> Self {
        Self {
            condition: Condition::Offline,
            paper_near_end: false,
            drawer_high: false,
            printing: false,
            columns: profile.columns.unwrap_or(profile.model.columns),
            model: String::new(),
            profile: profile.model.name.clone(),
            recognised: false,
            confirms_by: Confidence::SentOnly,
            native_qr: false,
            chinese_font: false,
        }
    }
}

pub struct Actor<L> {
    pub link: L,
    pub profile: Profile,
    pub journal: Arc<Journal>,
    pub reader: DocumentReader,
    pub stationery: Arc<Stationery>,
    /// What people ask of the printer between papers.
    pub orders: Mutex<mpsc::Receiver<Order>>,
    pub status: watch::Sender<Status>,
    pub shutdown: Shutdown,
}

/// Why the link is tried again.
enum Again {
    InTime,
    PluggedIn,
}

impl<L: PrinterLink + Sync> Actor<L> {
    /// Runs until shutdown.
    pub async fn run(self) {
        let mut pause = RECONNECT_MIN;
        let mut told = String::new();
        while !self.shutdown.is_triggered() {
            let opened = tokio::select! {
                opened = self.link.open() => opened,
                () = self.shutdown.wait() => return,
            };
            let why = match opened {
                Ok((reader, writer)) => {
                    let mut session = Session::new(&self, reader, writer);
                    let ended = session.run().await;
                    if session.was_answered() {
                        pause = RECONNECT_MIN;
                        told.clear();
                    }
                    session.leave().await;
                    match ended {
                        Ended::Asked => return,
                        lost => lost.to_string(),
                    }
                }
                Err(error) => error.to_string(),
            };
            if why != told {
                tracing::warn!(link = %self.link.name(), why, "no connection to the printer");
                told = why;
            }
            pause = match self.offline(pause).await {
                Again::InTime => (pause * 2).min(RECONNECT_MAX),
                Again::PluggedIn => RECONNECT_MIN,
            };
        }
    }

    /// Waits for the next try; jobs that come meanwhile learn that the printer is offline.
    async fn offline(&self, pause: Duration) -> Again {
        self.status.send_modify(|status| {
            status.condition = Condition::Offline;
            status.printing = false;
        });
        let jitter = pause.mul_f64(f64::from(getrandom::u32().unwrap_or(0)) / f64::from(u32::MAX) / 4.0);
        let again = Instant::now() + pause + jitter;
        let mut changes = self.journal.changes();
        let mut orders = self.orders.lock().await;
        let returned = self.link.returned();
        tokio::pin!(returned);
        loop {
            if let Err(error) = self.journal.block_waiting(Condition::Offline).await {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "cannot journal that the printer is offline"
                );
            }
            tokio::select! {
                () = sleep_until(again) => return Again::InTime,
                () = &mut returned => return Again::PluggedIn,
                () = self.shutdown.wait() => return Again::InTime,
                _ = changes.changed() => {}
                Some(order) = orders.recv() => order.refuse(Refusal::Offline),
            }
        }
    }
}
