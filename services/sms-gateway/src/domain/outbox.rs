//! An outgoing message: QUEUED → SUBMITTING → SUBMITTED → DELIVERED | UNDELIVERED | REPORT_TIMEOUT, with
//! RETRY_WAIT, UNKNOWN, FAILED, EXPIRED and CANCELLED. Invariant I11: a message that may have been sent is
//! never silently sent again.

use super::cms::Verdict;
use super::pdu::{DeliveryOutcome, Encoding};
use super::phone::{PhoneE164, SmsText};
use jiff::{SignedDuration, Timestamp};

/// Waits after a temporary refusal; afterwards the message is FAILED.
const RETRY_WAITS_S: [i64; 3] = [30, 120, 600];
/// Waits while the modem says "busy": 1 s, 2 s … 10 s; a modem that is busy for longer is broken.
const BUSY_WAIT_MAX_S: i64 = 10;
const BUSY_MAX: u32 = 90;
/// Asked of the service centre (TP-VP).
pub const VALIDITY_MINUTES: u32 = 24 * 60;
/// The service centre reports expiry at the end of TP-VP; an hour more for the report's own way.
pub const REPORT_WINDOW: SignedDuration = SignedDuration::from_hours(25);
/// One resend, so at most two attempts of unknown outcome; bounds the list of references too.
pub const REFERENCES_MAX: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Challenge,
    Notice,
    Answer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Queued,
    Submitting { handed_over: bool },
    Submitted,
    Delivered,
    Undelivered,
    ReportTimeout,
    RetryWait { until: Timestamp },
    Unknown { since: Timestamp },
    Failed,
    Expired,
    Cancelled,
}

/// What a status report can be paired with: TP-MR as the modem gave it, at most 255 and reused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub modem: String,
    /// `None`: the modem said OK and no reference.
    pub number: Option<u8>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    pub id: String,
    pub to: PhoneE164,
    pub text: SmsText,
    pub class: Class,
    pub subject_id: String,
    pub not_after: Option<Timestamp>,
    pub encoding: Encoding,
    pub units: u32,
    pub created_at: Timestamp,
    pub state: State,
    /// Times past the point of no return (Ctrl-Z).
    pub submits: u32,
    /// Submits whose answer was lost.
    pub unknown_submits: u32,
    /// The one resend after an unknown outcome has been used.
    pub resent: bool,
    pub refusals: u32,
    pub busy: u32,
    pub possible_duplicate: bool,
    pub report_requested: bool,
    pub failure_reason: String,
    pub references: Vec<Reference>,
    pub submitted_at: Option<Timestamp>,
    pub delivered_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the message is no longer waiting to be sent")]
    NotWaiting,
    #[error("the message was never handed to the modem")]
    NeverSubmitted,
}

impl Outgoing {
    /// QUEUED, or RETRY_WAIT whose wait is over.
    pub fn is_sendable(&self, now: Timestamp) -> bool {
        let in_time = self.not_after.is_none_or(|limit| now <= limit);
        in_time
            && match self.state {
                State::Queued => true,
                State::RetryWait { until } => until <= now,
                _ => false,
            }
    }

    /// Takes it for one modem, before anything is written to the wire.
    pub fn claim(&mut self, now: Timestamp) -> Result<(), Refused> {
        if !self.is_sendable(now) {
            return Err(Refused::NotWaiting);
        }
        self.state = State::Submitting { handed_over: false };
        Ok(())
    }

    /// Committed after the prompt and before the first octet of the PDU: from here on it may have been sent.
    pub fn hand_over(&mut self, report_requested: bool) -> Result<(), Refused> {
        if self.state != (State::Submitting { handed_over: false }) {
            return Err(Refused::NotWaiting);
        }
        self.state = State::Submitting { handed_over: true };
        self.submits += 1;
        self.possible_duplicate |= self.unknown_submits > 0;
        self.report_requested = report_requested;
        Ok(())
    }

    /// The network took it. A payer's answer may have come first: then it stays DELIVERED.
    pub fn accept(&mut self, modem: &str, number: Option<u8>, now: Timestamp) {
        if self.references.len() == REFERENCES_MAX {
            self.references.remove(0);
        }
        self.references.push(Reference { modem: modem.to_owned(), number, at: now });
        self.submitted_at = Some(now);
        self.failure_reason.clear();
        if self.in_submission() {
            self.state = State::Submitted;
        }
    }

    pub fn refuse(&mut self, verdict: Verdict, reason: String, now: Timestamp) {
        if !self.in_submission() {
            return;
        }
        self.failure_reason = reason;
        match verdict {
            Verdict::Unknown => self.lose_answer(now),
            Verdict::Permanent => self.give_up(State::Failed, now),
            Verdict::Busy => {
                self.busy += 1;
                let wait = i64::from(self.busy).min(BUSY_WAIT_MAX_S);
                self.wait_or_give_up((self.busy <= BUSY_MAX).then_some(wait), now);
            }
            Verdict::Temporary => {
                let wait = RETRY_WAITS_S.get(self.refusals as usize).copied();
                self.refusals += 1;
                self.wait_or_give_up(wait, now);
            }
        }
    }

    /// The link broke, the final answer did not come, or the process died.
    pub fn lose_answer(&mut self, now: Timestamp) {
        match self.state {
            State::Submitting { handed_over: false } => self.state = State::Queued,
            State::Submitting { handed_over: true } => {
                self.unknown_submits += 1;
                self.state = State::Unknown { since: now };
            }
            _ => {}
        }
    }

    pub fn report(&mut self, outcome: DeliveryOutcome, now: Timestamp) -> bool {
        if self.submits == 0 {
            return false;
        }
        match outcome {
            DeliveryOutcome::StillTrying => false,
            DeliveryOutcome::Delivered => self.deliver(now),
            DeliveryOutcome::Undelivered => {
                let open =
                    matches!(self.state, State::Submitted | State::ReportTimeout | State::Unknown { .. });
                if open {
                    self.state = State::Undelivered;
                }
                open
            }
        }
    }

    /// The payer quoted or answered it, which proves more than any report.
    pub fn confirm(&mut self, now: Timestamp) -> Result<(), Refused> {
        if self.submits == 0 {
            return Err(Refused::NeverSubmitted);
        }
        self.deliver(now);
        Ok(())
    }

    pub fn cancel(&mut self) -> Result<(), Refused> {
        if !matches!(self.state, State::Queued | State::RetryWait { .. }) {
            return Err(Refused::NotWaiting);
        }
        self.state = State::Cancelled;
        Ok(())
    }

    /// What time alone changes. Returns whether anything changed.
    pub fn pass_time(&mut self, now: Timestamp, resend_after: SignedDuration) -> bool {
        let expired = self.not_after.is_some_and(|limit| now > limit);
        match self.state {
            State::Queued | State::RetryWait { .. } if expired => self.give_up(State::Expired, now),
            State::Unknown { since } if self.may_resend() && !expired && now >= since + resend_after => {
                self.resent = true;
                self.state = State::Queued;
            }
            State::Submitted if self.report_requested && self.report_is_late(now) => {
                self.state = State::ReportTimeout;
            }
            _ => return false,
        }
        true
    }

    /// True while a status report may still tell something new or must be absorbed as a repeat.
    pub fn is_reportable(&self, now: Timestamp) -> bool {
        let open = matches!(self.state, State::Submitted | State::Unknown { .. } | State::Submitting { .. });
        self.submits > 0 && (open || !self.report_is_late(now))
    }

    /// An attempt whose reference is not known, so that only the destination can pair it.
    pub fn has_unpaired_attempt(&self) -> bool {
        let lost = self.unknown_submits > 0 || self.state == (State::Submitting { handed_over: true });
        (lost || self.references.iter().any(|reference| reference.number.is_none()))
            && self.state != State::Delivered
    }

    pub fn is_waiting(&self) -> bool {
        matches!(self.state, State::Queued | State::RetryWait { .. } | State::Submitting { .. })
    }

    /// Only a challenge, and only once: its text and its code are the same, so a second copy does no harm.
    fn may_resend(&self) -> bool {
        self.class == Class::Challenge && !self.resent
    }

    fn in_submission(&self) -> bool {
        matches!(self.state, State::Submitting { .. })
    }

    fn deliver(&mut self, now: Timestamp) -> bool {
        if self.state == State::Delivered {
            return false;
        }
        self.state = State::Delivered;
        // The modem's answer may have been lost, but what arrived was taken.
        self.submitted_at.get_or_insert(now);
        self.delivered_at = Some(now);
        true
    }

    /// If an earlier attempt may have got through, FAILED and EXPIRED would be a lie: it stays UNKNOWN, held.
    fn give_up(&mut self, otherwise: State, now: Timestamp) {
        let may_be_sent = self.unknown_submits > 0;
        self.state = if may_be_sent { State::Unknown { since: now } } else { otherwise };
    }

    fn wait_or_give_up(&mut self, wait_s: Option<i64>, now: Timestamp) {
        match wait_s {
            Some(seconds) => {
                self.state = State::RetryWait { until: now + SignedDuration::from_secs(seconds) }
            }
            None => self.give_up(State::Failed, now),
        }
    }

    fn report_is_late(&self, now: Timestamp) -> bool {
        let last = self.submitted_at.unwrap_or(self.created_at);
        now > last + REPORT_WINDOW
    }
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
pub(crate) mod tests;
