//! The life of a print job. Every change is a value, so the journal can commit it before its effect happens.
//!
//! ```text
//! QUEUED -> (preflight) -> SENDING -> AWAITING_FENCE -> PRINTED(confidence)
//!    |  \-> BLOCKED(condition) -/ |          |
//!    v                            +-> IN_DOUBT -> PRINTED(OPERATOR) | QUEUED again as COPY n
//! CANCELLED                          (link lost or service killed: never repeated by itself)
//! ```

use super::condition::Condition;

/// How it is known that a job is on paper, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confidence {
    /// The printer echoed the job's process id, which it does when the data before it is printed.
    ProcessId,
    /// The printer answered a status request that stood behind the data in its buffer.
    Fence,
    /// The printer answers no request behind the data; it says that it is fit after the time that the paper takes at most.
    Idle,
    /// The bytes were handed over to a printer that cannot answer.
    SentOnly,
    /// A person looked at the paper.
    Operator,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The content was held in memory only (a code card) and is gone.
    ContentLost,
    /// The journaled document cannot be laid out or composed.
    Unprintable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Queued,
    Blocked(Condition),
    Sending,
    AwaitingFence,
    Printed(Confidence),
    InDoubt,
    Failed(Failure),
    Cancelled,
}

impl State {
    pub fn is_final(self) -> bool {
        matches!(self, Self::Printed(_) | Self::Failed(_) | Self::Cancelled)
    }

    /// No byte has left for the printer.
    pub fn is_waiting(self) -> bool {
        matches!(self, Self::Queued | Self::Blocked(_))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: String,
    /// Place in the queue; the order of submission.
    pub sequence: u64,
    pub state: State,
    /// 0 for the ORIGINAL, else the n of COPY n.
    pub copy_number: u32,
    pub subject_id: String,
    /// Empty for an original.
    pub original_job_id: String,
    /// Held in memory only: never journaled, previewed or reprinted.
    pub secret: bool,
    /// SHA-256 over salt and document: distinguishes a repeated submission from a different one.
    pub document_hash: [u8; 32],
    /// Random for a secret document, so that its hash reveals nothing; empty else.
    pub salt: Vec<u8>,
    /// SHA-256 of the bytes for the printer; empty until sent, and for secret ones always.
    pub bytes_sha256: Vec<u8>,
    pub byte_count: u64,
    pub revision: u64,
    pub created_ms: i64,
    pub printed_ms: Option<i64>,
    /// COPY numbers given out for this document.
    pub copies: u32,
    /// Of those, the ones a person asked for by ReprintJob and did not cancel.
    pub reprints: u32,
    pub original_may_exist: bool,
}

/// What may happen to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Block(Condition),
    /// Committed before the first byte leaves.
    Send {
        bytes_sha256: Vec<u8>,
        byte_count: u64,
        /// Micrometres of paper.
        paper_um: u64,
    },
    FirstByte,
    LastByte,
    AwaitFence,
    /// The printer answered.
    Fence(Confidence),
    /// Link or service lost after `Send`.
    Doubt,
    SeenWhole,
    /// Prints again as the next COPY.
    SeenMissing,
    Cancel,
    /// Allowed while no byte was sent; a secret job may lose its content at any time.
    Fail(Failure),
}

/// A change that the job's state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the job's state does not allow this")]
pub struct Refused;

impl Job {
    /// The job after `change`; its revision rises by one.
    pub fn after(&self, change: &Change, now_ms: i64) -> Result<Job, Refused> {
        let mut job = self.clone();
        job.revision += 1;
        job.state = match (self.state, change) {
            (State::Queued | State::Blocked(_), Change::Block(condition)) => State::Blocked(*condition),
            (State::Queued | State::Blocked(_), Change::Send { bytes_sha256, byte_count, .. }) => {
                job.bytes_sha256 = if self.secret { Vec::new() } else { bytes_sha256.clone() };
                job.byte_count = *byte_count;
                job.original_may_exist |= self.copy_number == 0;
                State::Sending
            }
            (State::Sending, Change::FirstByte | Change::LastByte) => State::Sending,
            (State::Sending, Change::AwaitFence) => State::AwaitingFence,
            (State::AwaitingFence, Change::Fence(confidence)) => {
                job.printed_ms = Some(now_ms);
                State::Printed(*confidence)
            }
            (State::Sending | State::AwaitingFence, Change::Doubt) => State::InDoubt,
            (State::InDoubt, Change::SeenWhole) => {
                job.printed_ms = Some(now_ms);
                State::Printed(Confidence::Operator)
            }
            (State::InDoubt, Change::SeenMissing) if self.secret => State::Failed(Failure::ContentLost),
            (State::InDoubt, Change::SeenMissing) => {
                if self.copy_number == 0 {
                    job.original_may_exist = false;
                }
                job.copies += 1;
                job.copy_number = job.copies;
                State::Queued
            }
            (State::Queued | State::Blocked(_), Change::Cancel) => State::Cancelled,
            (state, Change::Fail(failure)) if state.is_waiting() || (self.secret && !state.is_final()) => {
                State::Failed(*failure)
            }
            _ => return Err(Refused),
        };
        Ok(job)
    }
}

/// What a restart makes of an unfinished job: nothing of it is in this process's hands any more.
pub fn after_restart(job: &Job) -> Option<Change> {
    match job.state {
        State::InDoubt => None,
        state if job.secret && !state.is_final() => Some(Change::Fail(Failure::ContentLost)),
        State::Sending | State::AwaitingFence => Some(Change::Doubt),
        _ => None,
    }
}

/// The process id of `GS ( H` fn 48: four printable characters (Epson allows 32 to 126). It differs from one
/// sending to the next, because a job that is sent again is another COPY.
pub fn process_id(job: &Job) -> [u8; 4] {
    const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut rest = (job.sequence << 3) | u64::from(job.copy_number & 7);
    let mut id = [0; 4];
    for digit in id.iter_mut().rev() {
        *digit = DIGITS[(rest % 36) as usize];
        rest /= 36;
    }
    id
}

#[cfg(test)]
mod tests;
