//! What the printer says: read by one task, sorted, and understood by the session.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::{Buffers, Ended, Session};
use crate::device::command::separator;
use crate::device::link::PrinterLink;
use crate::device::replies::{Classifier, Reply};
use crate::domain::condition::Condition;
use crate::domain::job::Confidence;

/// Bytes per read; a printer's answers are few and short.
const READ_LEN: usize = 256;
/// The bytes of one automatic status leave the printer together; at 9600 baud four take 4 ms.
const STATUS_PAUSE: Duration = Duration::from_millis(100);

/// Ends with the link: its error, or the closed channel, gives the session the reason.
pub(super) async fn listen(mut reader: impl AsyncRead + Unpin, replies: mpsc::Sender<io::Result<Reply>>) {
    let mut classifier = Classifier::default();
    let mut bytes = [0; READ_LEN];
    loop {
        let read = reader.read(&mut bytes);
        let read = match classifier.is_waiting() {
            false => read.await,
            true => match timeout(STATUS_PAUSE, read).await {
                Ok(read) => read,
                Err(_) => {
                    let over = classifier.quiet();
                    if let Some(reply) = over
                        && replies.send(Ok(reply)).await.is_err()
                    {
                        return;
                    }
                    continue;
                }
            },
        };
        let len = match read {
            Ok(0) => return,
            Ok(len) => len,
            Err(error) => {
                // A session that is gone needs no reason.
                let _ = replies.send(Err(error)).await;
                return;
            }
        };
        for reply in bytes[..len].iter().filter_map(|byte| classifier.push(*byte)) {
            if replies.send(Ok(reply)).await.is_err() {
                return;
            }
        }
    }
}

impl<L: PrinterLink + Sync> Session<'_, L> {
    pub(super) async fn hear(&mut self, reply: Reply) -> Result<(), Ended> {
        self.silent_beats = 0;
        match reply {
            Reply::RealTime(byte) => {
                if let Some(question) = self.asked.pop_front() {
                    self.seen.answer(question, byte);
                    if self.asked.is_empty() {
                        self.rounds_answered = self.rounds_begun;
                        self.idle().await?;
                    }
                }
            }
            Reply::Automatic(status) => {
                self.told_by_itself = true;
                self.seen.automatic(status);
            }
            Reply::Status(_) => {
                self.identity.hear_status();
                self.passed().await?;
            }
            Reply::ProcessId(id) => {
                if self
                    .in_flight
                    .as_ref()
                    .is_some_and(|flight| flight.all_sent && flight.process_id == Some(id))
                {
                    self.finish(Confidence::ProcessId).await?;
                }
            }
            Reply::BufferCleared => self.buffers_cleared().await?,
            Reply::Information(text) => {
                self.identity.hear(&text);
                self.seen.near_end_inverted = !self.identity.model.near_end_high;
            }
            Reply::LogoKeys { keys, more } => self.hear_logo_keys(keys, more).await?,
            Reply::Noise => tracing::debug!("the printer sent a byte of no known meaning"),
        }
        self.keep_waiting_while_unfit();
        self.publish();
        Ok(())
    }

    async fn buffers_cleared(&mut self) -> Result<(), Ended> {
        if self.buffers == Buffers::Empty {
            return Ok(());
        }
        self.station.journal.write("cleared", |store| store.cleared()).await?;
        self.buffers = Buffers::Empty;
        let cut = self.identity.model.cut;
        // A slow cutter must not make the answers late.
        self.introduce().await?;
        self.writer.write_all(&separator(cut)).await?;
        Ok(())
    }

    /// Out of paper during a job, the printer continues by itself after a change; the fence comes then.
    fn keep_waiting_while_unfit(&mut self) {
        let unfit = self.condition() != Condition::Ready;
        if let (true, Some(flight)) = (unfit, &mut self.in_flight) {
            let now = Instant::now();
            flight.give_up_at = now + self.identity.fence_timeout(flight.paper_um);
            if flight.idle_at.is_some() {
                let rest = self.identity.printing_time(flight.paper_um);
                flight.idle_at = Some(now + super::flight::IDLE_MARGIN + rest);
            }
        }
    }

    /// The earliest deadline has passed.
    pub(super) async fn overdue(&mut self) -> Result<(), Ended> {
        let now = Instant::now();
        self.identity.is_settled(now);
        if self.stop_at.is_some_and(|at| at <= now) {
            return Err(Ended::Asked);
        }
        if let Buffers::Clearing { until } = self.buffers
            && until <= now
        {
            self.buffers = Buffers::Unanswered;
            self.next_is_stale = true;
            return self.introduce().await;
        }
        self.memory_overdue(now)?;
        self.fence_overdue(now).await
    }
}
