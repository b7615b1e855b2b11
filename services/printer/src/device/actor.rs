//! The one owner of the printer: opens the link, hands it to a session, opens it again when it is lost.

use std::sync::Arc;
use std::time::Duration;

use chit_runtime::Shutdown;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::link::PrinterLink;
use super::session::{Ended, Session};
use crate::domain::condition::Condition;
use crate::journal::Journal;
use crate::wire::DocumentReader;

const RECONNECT_MIN: Duration = Duration::from_millis(100);
const RECONNECT_MAX: Duration = Duration::from_secs(2);

/// Whether the printer echoes process ids (`GS ( H` fn 48).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessIds {
    Yes,
    No,
    /// Ask for the model's name and look it up.
    Auto,
}

#[derive(Debug, Clone, Copy)]
pub struct Profile {
    pub columns: usize,
    pub process_ids: ProcessIds,
    /// A fit printer that has not answered the fence for this long has lost the job.
    pub fence_timeout: Duration,
}

/// What the actor tells about the printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    pub condition: Condition,
    pub paper_near_end: bool,
    pub printing: bool,
}

pub const UNKNOWN: Status = Status { condition: Condition::Offline, paper_near_end: false, printing: false };

pub struct Actor<L> {
    pub link: L,
    pub profile: Profile,
    pub journal: Arc<Journal>,
    pub reader: DocumentReader,
    pub status: watch::Sender<Status>,
    pub shutdown: Shutdown,
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
            self.offline(pause).await;
            pause = (pause * 2).min(RECONNECT_MAX);
        }
    }

    /// Waits for the next try; jobs that come meanwhile learn that the printer is offline.
    async fn offline(&self, pause: Duration) {
        self.status.send_replace(UNKNOWN);
        let jitter = pause.mul_f64(f64::from(getrandom::u32().unwrap_or(0)) / f64::from(u32::MAX) / 4.0);
        let again = Instant::now() + pause + jitter;
        let mut changes = self.journal.changes();
        loop {
            if let Err(error) = self.journal.block_waiting(Condition::Offline).await {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "cannot journal that the printer is offline"
                );
            }
            tokio::select! {
                () = sleep_until(again) => return,
                () = self.shutdown.wait() => return,
                _ = changes.changed() => {}
            }
        }
    }
}
