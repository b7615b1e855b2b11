//! One connection to the printer: questions, answers, and at most one job on its way.

mod errand;
mod flight;
mod listen;
mod memory;

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

use super::command::{AUTOMATIC_STATUS_ON, CLEAR_BUFFERS};
use super::identity::Identity;
use super::link::PrinterLink;
use super::replies::Reply;
use super::station::{Station, Status};
use crate::domain::condition::{Condition, Question, ROUND, Seen};
use crate::domain::job::{Job, State};
use crate::store::StoreError;
use memory::Memory;

const HEARTBEAT: Duration = Duration::from_secs(1);
/// Heartbeats without any answer after which the printer counts as gone.
const SILENT_BEATS_MAX: u32 = 3;
/// How long the printer may take to say that its buffers are empty.
const CLEAR_WAIT: Duration = Duration::from_secs(3);
/// A stop waits this long for the fence of the paper that is being printed.
const STOP_WAIT: Duration = Duration::from_secs(2);
/// Replies read but not yet looked at.
const REPLIES_MAX: usize = 256;

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    #[error("asked to stop")]
    Asked,
    #[error("the printer closed the connection")]
    Closed,
    #[error("the printer does not answer")]
    Silent,
    #[error("the printer is fit but did not confirm the paper in time")]
    FenceOverdue,
    #[error("the link failed: {0}")]
    Link(#[from] io::Error),
    #[error("the job journal failed: {0}")]
    Journal(#[from] StoreError),
}

/// What the printer's buffers may hold of earlier connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Buffers {
    Empty,
    Clearing {
        until: Instant,
    },
    /// The printer cannot tell; a person has to answer for the jobs in doubt first.
    Unanswered,
}

/// The job whose bytes left.
struct InFlight {
    job_id: String,
    process_id: Option<[u8; 4]>,
    /// Only then can an answer be the fence's.
    all_sent: bool,
    /// Answers to the status requests behind the data.
    answers: u32,
    /// Length of the paper.
    paper_um: u64,
    give_up_at: Instant,
    /// Of a printer that answers no `GS r`: when the paper must be out, and the round of questions that says it is.
    idle_at: Option<Instant>,
    idle_round: Option<u64>,
}

pub struct Session<'a, L: PrinterLink> {
    station: &'a Station<L>,
    writer: L::Writer,
    replies: mpsc::Receiver<io::Result<Reply>>,
    listening: JoinHandle<()>,
    seen: Seen,
    /// Questions not yet answered; the printer answers in their order.
    asked: VecDeque<Question>,
    rounds_begun: u64,
    rounds_answered: u64,
    told_by_itself: bool,
    silent_beats: u32,
    /// `GS r` answers of papers that were known to be printed before these came: they confirm no other paper.
    owed_answers: u32,
    identity: Identity,
    memory: Memory,
    /// Named so far by the printer.
    logo_keys: Vec<[u8; 2]>,
    buffers: Buffers,
    next: Option<Job>,
    next_is_stale: bool,
    /// The job that waits for a round of questions begun after it was picked.
    preflight: Option<(String, u64)>,
    draft: Option<flight::Draft>,
    in_flight: Option<InFlight>,
    stop_at: Option<Instant>,
}

impl<'a, L: PrinterLink + Sync> Session<'a, L> {
    pub fn new(station: &'a Station<L>, reader: L::Reader, writer: L::Writer) -> Self {
        let (sender, replies) = mpsc::channel(REPLIES_MAX);
        Self {
            station,
            writer,
            replies,
            listening: tokio::spawn(listen::listen(reader, sender)),
            seen: Seen::of(!station.profile.model.near_end_high),
            asked: VecDeque::new(),
            rounds_begun: 0,
            rounds_answered: 0,
            told_by_itself: false,
            silent_beats: 0,
            owed_answers: 0,
            identity: Identity::new(station.profile.clone()),
            memory: Memory::Unknown,
            logo_keys: Vec::new(),
            buffers: Buffers::Empty,
            next: None,
            next_is_stale: true,
            preflight: None,
            draft: None,
            in_flight: None,
            stop_at: None,
        }
    }

    pub async fn run(&mut self) -> Ended {
        match self.live().await {
            Ok(()) => Ended::Asked,
            Err(ended) => ended,
        }
    }

    /// A mute printer is taken to be there while its link is.
    pub fn was_answered(&self) -> bool {
        self.rounds_answered > 0 || self.told_by_itself || !self.identity.model.answers
    }

    async fn live(&mut self) -> Result<(), Ended> {
        self.greet().await?;
        let station = self.station;
        let mut changes = station.journal.changes();
        let mut orders = station.orders.lock().await;
        let mut beat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if self.stop_at.is_some() && self.in_flight.is_none() {
                return Ok(());
            }
            self.advance().await?;
            let deadline = self.deadline();
            tokio::select! {
                biased;
                reply = self.replies.recv() => self.hear(reply.ok_or(Ended::Closed)??).await?,
                () = station.shutdown.wait(), if self.stop_at.is_none() => {
                    self.stop_at = Some(Instant::now() + STOP_WAIT);
                }
                Some(order) = orders.recv() => self.run_errand(order).await?,
                _ = changes.changed() => self.next_is_stale = true,
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    self.overdue().await?;
                }
                _ = beat.tick() => self.beat().await?,
            }
        }
    }

    /// Before anything else: what an earlier connection left in the printer must not come out now.
    async fn greet(&mut self) -> Result<(), Ended> {
        if self.station.journal.read(|store| store.is_uncleared()).await? {
            if !self.identity.model.answers {
                self.buffers = Buffers::Unanswered;
                return Ok(());
            }
            self.buffers = Buffers::Clearing { until: Instant::now() + CLEAR_WAIT };
            self.writer.write_all(&CLEAR_BUFFERS).await?;
            return Ok(());
        }
        self.introduce().await
    }

    async fn introduce(&mut self) -> Result<(), Ended> {
        if !self.identity.model.answers {
            self.publish();
            return Ok(());
        }
        let mut bytes = AUTOMATIC_STATUS_ON.to_vec();
        bytes.extend(self.identity.questions());
        self.writer.write_all(&bytes).await?;
        self.ask_round().await
    }

    async fn ask_round(&mut self) -> Result<(), Ended> {
        let bytes: Vec<u8> = ROUND.iter().flat_map(|question| question.bytes()).collect();
        self.asked.extend(ROUND);
        self.rounds_begun += 1;
        self.writer.write_all(&bytes).await?;
        Ok(())
    }

    async fn beat(&mut self) -> Result<(), Ended> {
        let quiet = matches!(self.buffers, Buffers::Clearing { .. }) || self.memory.is_writing();
        if quiet || !self.identity.model.answers {
            return Ok(());
        }
        if self.asked.is_empty() {
            return self.ask_round().await;
        }
        // A printer that waits for paper with a full buffer does not even read the questions. With a job on its
        // way, TCP shows whether it is alive and the fence whether it works.
        if self.in_flight.is_some() {
            return Ok(());
        }
        self.silent_beats += 1;
        if self.silent_beats >= SILENT_BEATS_MAX { Err(Ended::Silent) } else { Ok(()) }
    }

    /// Sends the next job if the printer is free and fit; records on waiting jobs what is wrong if not.
    async fn advance(&mut self) -> Result<(), Ended> {
        if self.in_flight.is_some() || self.stop_at.is_some() || !self.may_send().await? {
            return Ok(());
        }
        if !self.memory_is_settled().await? && self.condition() == Condition::Ready {
            return Ok(());
        }
        let stale = std::mem::take(&mut self.next_is_stale);
        if stale {
            self.next = self.station.journal.read(|store| store.next_waiting()).await?;
        }
        let Some(job) = self.next.clone() else {
            self.preflight = None;
            return Ok(());
        };
        if self.identity.model.answers && !self.has_answered_for(&job).await? {
            // While the printer answers, the paper is laid out.
            return self.draft_ahead(&job).await;
        }
        let condition = self.condition();
        if condition == Condition::Ready {
            if !self.identity.is_settled(Instant::now()) {
                self.next_is_stale |= stale;
                return Ok(());
            }
            self.preflight = None;
            self.next_is_stale = true;
            return self.send(&job).await;
        }
        if stale || job.state != State::Blocked(condition) {
            self.next_is_stale = job.state != State::Blocked(condition);
            self.station.journal.block_waiting(condition).await?;
        }
        Ok(())
    }

    /// Whether a round of questions that began after this job was picked is answered; begins one if not.
    async fn has_answered_for(&mut self, job: &Job) -> Result<bool, Ended> {
        match &self.preflight {
            Some((id, round)) if *id == job.id && self.rounds_answered >= *round => return Ok(true),
            Some((id, _)) if *id == job.id => {}
            _ => self.preflight = Some((job.id.clone(), self.rounds_begun + 1)),
        }
        if self.asked.is_empty() {
            self.ask_round().await?;
        }
        Ok(false)
    }

    async fn may_send(&mut self) -> Result<bool, Ended> {
        match self.buffers {
            Buffers::Empty => Ok(true),
            Buffers::Clearing { .. } => Ok(false),
            Buffers::Unanswered => {
                // Only of a printer that talks is it known that it cannot clear its buffers.
                if !self.was_answered() || !std::mem::take(&mut self.next_is_stale) {
                    return Ok(false);
                }
                let open = self.station.journal.read(|store| store.open_jobs()).await?;
                if open.iter().any(|job| job.state == State::InDoubt) {
                    tracing::warn!(
                        "the printer cannot clear its buffers: switch it off and on, then answer for the jobs in doubt"
                    );
                    self.station.journal.block_waiting(Condition::Error).await?;
                    return Ok(false);
                }
                self.station.journal.write("cleared", |store| store.cleared()).await?;
                self.buffers = Buffers::Empty;
                self.next_is_stale = true;
                self.publish();
                Ok(true)
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let clearing = match self.buffers {
            Buffers::Clearing { until } => Some(until),
            _ => None,
        };
        let fence = self.in_flight.as_ref().map(|flight| flight.idle_at.unwrap_or(flight.give_up_at));
        [clearing, fence, self.stop_at, self.identity.deadline(), self.memory.deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Unknown counts as offline; unclear buffers as an error that a person must end.
    fn condition(&self) -> Condition {
        match (self.was_answered(), self.buffers, self.seen.condition()) {
            (false, _, _) => Condition::Offline,
            (true, Buffers::Unanswered, Condition::Ready) => Condition::Error,
            (true, _, condition) => condition,
        }
    }

    fn publish(&self) {
        let status = Status {
            condition: self.condition(),
            paper_near_end: self.seen.paper_near_end,
            drawer_high: self.seen.drawer_high,
            printing: self.in_flight.is_some(),
            columns: self.identity.columns(),
            model: self.identity.said.clone(),
            profile: self.identity.model.name.clone(),
            recognised: self.identity.is_recognised(),
            confirms_by: self.identity.confirms_by(),
            native_qr: self.identity.draws_qr(),
            chinese_font: self.identity.has_chinese_font(),
        };
        let stalls = status.condition != Condition::Ready;
        let changed = self.station.status.send_if_modified(|known| {
            let changed = *known != status;
            *known = status;
            changed
        });
        if changed {
            self.station.link.expect_stalls(&self.writer, stalls);
        }
    }
}

impl<L: PrinterLink> Drop for Session<'_, L> {
    fn drop(&mut self) {
        self.listening.abort();
    }
}
