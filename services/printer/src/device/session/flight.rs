//! A job on its way: journaled before the first byte, confirmed by the fence, in doubt if the link is lost.

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
use tokio::time::Instant;

use super::{Ended, InFlight, Session};
use crate::device::compose::{Composed, FENCE_ANSWERS, Target, compose};
use crate::device::link::PrinterLink;
use crate::domain::condition::Condition;
use crate::domain::document::{Document, Edition};
use crate::domain::job::{Change, Confidence, Failure, Job, process_id};
use crate::domain::layout::lay_out;
use crate::profile::Fence;
use crate::store::{Moment, StoreError};

/// A printer that cannot say when it is done is given this beyond the paper's own time: the cutter, a warm-up.
pub(super) const IDLE_MARGIN: Duration = Duration::from_secs(2);

/// A paper that is ready to be sent. Whole papers of code cards are never kept here.
pub(super) struct Draft {
    job_id: String,
    copy_number: u32,
    process_id: Option<[u8; 4]>,
    paper: Composed,
}

impl Draft {
    fn is_of(&self, job: &Job) -> bool {
        self.job_id == job.id && self.copy_number == job.copy_number
    }
}

impl<L: PrinterLink + Sync> Session<'_, L> {
    /// Lays the next paper out before it may be sent. A secret one is not: its content leaves memory once.
    pub(super) async fn draft_ahead(&mut self, job: &Job) -> Result<(), Ended> {
        let known = self.draft.as_ref().is_some_and(|draft| draft.is_of(job));
        if !known && !job.secret && self.identity.is_known() && self.memory.is_settled() {
            self.draft = self.draft_of(job).await?;
        }
        Ok(())
    }

    /// `None` if it can never be printed; the job is then FAILED.
    async fn draft_of(&mut self, job: &Job) -> Result<Option<Draft>, Ended> {
        let Some(document) = self.document_of(job).await? else { return Ok(None) };
        let process_id = self.identity.echoes_ids().then(|| process_id(job));
        let edition = Edition::numbered(job.copy_number);
        let page = lay_out(&document, edition, self.identity.columns(), &self.station.stationery);
        let target = Target {
            model: &self.identity.model,
            recognised: self.identity.is_recognised(),
            status_fence: self.identity.fence() == Fence::Status,
            chinese_font: self.identity.has_chinese_font(),
            face: self.identity.face(),
            logo_key: self.memory.key(),
        };
        match compose(&page, target, process_id) {
            Ok(paper) => {
                let (job_id, copy_number) = (job.id.clone(), job.copy_number);
                Ok(Some(Draft { job_id, copy_number, process_id, paper }))
            }
            Err(error) => {
                tracing::error!(job_id = %job.id, %error, "cannot compose this job");
                self.fail(job, Failure::Unprintable).await?;
                Ok(None)
            }
        }
    }

    /// Sends one job. SENDING is on disk before the first byte leaves.
    pub(super) async fn send(&mut self, job: &Job) -> Result<(), Ended> {
        let draft = match self.draft.take().filter(|draft| draft.is_of(job)) {
            Some(draft) => draft,
            None => match self.draft_of(job).await? {
                Some(draft) => draft,
                None => return Ok(()),
            },
        };
        let bytes = draft.paper.bytes;
        if !self.station.link.holds_back() && bytes.len() > self.identity.model.buffer_bytes {
            tracing::warn!(job_id = %job.id, bytes = bytes.len(), "more than the printer's buffer, and no flow control");
        }
        let paper_um = micrometres(draft.paper.dots, self.identity.model.dpi);
        let send = Change::Send {
            bytes_sha256: Sha256::digest(&bytes).to_vec(),
            byte_count: bytes.len() as u64,
            paper_um,
        };
        if !self.begin(job, send).await? {
            return Ok(());
        }
        self.in_flight = Some(InFlight {
            job_id: job.id.clone(),
            process_id: draft.process_id,
            all_sent: false,
            answers: 0,
            paper_um,
            give_up_at: Instant::now() + self.identity.fence_timeout(paper_um),
            idle_at: None,
            idle_round: None,
        });
        self.publish();
        self.write_job(&job.id, &bytes).await?;
        if !self.identity.model.answers {
            return self.finish(Confidence::SentOnly).await;
        }
        let idle = draft.process_id.is_none() && self.identity.fence() == Fence::Idle;
        let (now, base) = (Instant::now(), self.identity.fence_timeout(paper_um));
        if let Some(flight) = &mut self.in_flight {
            flight.all_sent = true;
            flight.give_up_at = now + base;
            flight.idle_at = idle.then(|| now + IDLE_MARGIN + self.identity.printing_time(paper_um));
        }
        Ok(())
    }

    /// A person may have cancelled the job since it was picked; then nothing is sent.
    async fn begin(&mut self, job: &Job, send: Change) -> Result<bool, Ended> {
        match self.commit(&job.id, vec![(send, self.station.journal.moment())]).await {
            Ok(_) => Ok(true),
            Err(StoreError::Refused(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn document_of(&mut self, job: &Job) -> Result<Option<Document>, Ended> {
        if job.secret {
            let document = self.station.journal.take_secret(&job.id);
            if document.is_none() {
                self.fail(job, Failure::ContentLost).await?;
            }
            return Ok(document);
        }
        let id = job.id.clone();
        let stored = self.station.journal.read(move |store| store.document(&id)).await?;
        match stored.and_then(|bytes| self.station.reader.read_stored(&bytes)) {
            Some(document) => Ok(Some(document)),
            None => {
                self.fail(job, Failure::Unprintable).await?;
                Ok(None)
            }
        }
    }

    async fn fail(&mut self, job: &Job, failure: Failure) -> Result<(), Ended> {
        match self.commit(&job.id, vec![(Change::Fail(failure), self.station.journal.moment())]).await {
            Ok(_) | Err(StoreError::Refused(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes all bytes while answers are still heard, so that a stall for paper is seen as one.
    async fn write_job(&mut self, job_id: &str, bytes: &[u8]) -> Result<(), Ended> {
        let mut sent = 0;
        let mut events = Vec::new();
        while sent < bytes.len() {
            tokio::select! {
                biased;
                reply = self.replies.recv() => self.hear(reply.ok_or(Ended::Closed)??).await?,
                written = self.writer.write(&bytes[sent..]) => match written? {
                    0 => return Err(Ended::Closed),
                    count => {
                        if sent == 0 {
                            events.push((Change::FirstByte, self.station.journal.moment()));
                        }
                        sent += count;
                        if sent < bytes.len() && !events.is_empty() {
                            self.commit(job_id, std::mem::take(&mut events)).await?;
                        }
                    }
                },
                () = self.station.shutdown.wait(), if self.stop_at.is_none() => {
                    self.stop_at = Some(Instant::now() + super::STOP_WAIT);
                }
                () = tokio::time::sleep_until(self.stop_at.unwrap_or_else(Instant::now)),
                    if self.stop_at.is_some() => return Err(Ended::Asked),
            }
        }
        let last = self.station.journal.moment();
        events.extend([(Change::LastByte, last), (Change::AwaitFence, last)]);
        self.commit(job_id, events).await?;
        Ok(())
    }

    /// `GS r` was answered. A printer that echoes process ids says more in a moment.
    pub(super) async fn passed(&mut self) -> Result<(), Ended> {
        if self.owed_answers > 0 {
            self.owed_answers -= 1;
            return Ok(());
        }
        let Some(flight) = self.in_flight.as_mut().filter(|flight| flight.all_sent) else { return Ok(()) };
        flight.answers += 1;
        let passed = flight.answers >= FENCE_ANSWERS && flight.process_id.is_none();
        if passed { self.finish(Confidence::Fence).await } else { Ok(()) }
    }

    pub(super) async fn finish(&mut self, confidence: Confidence) -> Result<(), Ended> {
        if let Some(flight) = &self.in_flight {
            let moment = self.station.journal.moment();
            let id = flight.job_id.clone();
            let owed = if confidence == Confidence::ProcessId { FENCE_ANSWERS } else { 0 };
            self.owed_answers += owed.saturating_sub(flight.answers);
            self.commit(&id, vec![(Change::Fence(confidence), moment)]).await?;
            self.in_flight = None;
            self.next_is_stale = true;
        }
        Ok(())
    }

    /// The slowest printer would be done by now: one that says it is fit, asked afresh, has printed the paper.
    async fn ask_if_idle(&mut self, now: Instant) -> Result<(), Ended> {
        let Some(flight) =
            self.in_flight.as_mut().filter(|flight| flight.idle_at.is_some_and(|at| at <= now))
        else {
            return Ok(());
        };
        flight.idle_at = None;
        flight.idle_round = Some(self.rounds_begun + 1);
        flight.give_up_at = now + self.identity.fence_timeout(0);
        self.asked.clear();
        self.ask_round().await
    }

    /// A round of questions is answered.
    pub(super) async fn idle(&mut self) -> Result<(), Ended> {
        let asked = self.in_flight.as_ref().and_then(|flight| flight.idle_round);
        if asked.is_none_or(|round| self.rounds_answered < round) {
            return Ok(());
        }
        if self.condition() == Condition::Ready {
            return self.finish(Confidence::Idle).await;
        }
        // Out of paper amid the job: the rest of it comes after the change.
        let again = Instant::now() + IDLE_MARGIN;
        if let Some(flight) = &mut self.in_flight {
            let rest = self.identity.printing_time(flight.paper_um);
            (flight.idle_at, flight.idle_round) = (Some(again + rest), None);
        }
        Ok(())
    }

    pub(super) async fn fence_overdue(&mut self, now: Instant) -> Result<(), Ended> {
        self.ask_if_idle(now).await?;
        let fit = self.condition() == Condition::Ready;
        match &mut self.in_flight {
            Some(flight) if flight.give_up_at <= now && !fit => {
                tracing::warn!(job_id = %flight.job_id, "the paper waits for the printer to be mended");
                flight.give_up_at = now + self.identity.fence_timeout(flight.paper_um);
                Ok(())
            }
            Some(flight) if flight.give_up_at <= now && flight.answers >= FENCE_ANSWERS => {
                self.finish(Confidence::Fence).await
            }
            Some(flight) if flight.give_up_at <= now => Err(Ended::FenceOverdue),
            _ => Ok(()),
        }
    }

    /// The link is gone: what was on its way is in doubt, and only a person may repeat it.
    pub async fn leave(&mut self) {
        let Some(flight) = self.in_flight.take() else { return };
        let moment = self.station.journal.moment();
        tracing::warn!(job_id = %flight.job_id, "the link was lost during this job: a person must look at the paper");
        if let Err(error) = self.commit(&flight.job_id, vec![(Change::Doubt, moment)]).await {
            // The next start finds the job in SENDING or AWAITING_FENCE and doubts it then.
            tracing::error!(job_id = %flight.job_id, error = &error as &dyn std::error::Error, "cannot journal the doubt");
        }
    }

    async fn commit(&self, job_id: &str, changes: Vec<(Change, Moment)>) -> Result<Job, StoreError> {
        let id = job_id.to_owned();
        self.station.journal.write("change", move |store| store.change(&id, &changes)).await
    }
}

/// An inch is 25,400 micrometres.
pub(super) fn micrometres(dots: usize, dpi: u8) -> u64 {
    dots as u64 * 25_400 / u64::from(dpi)
}
