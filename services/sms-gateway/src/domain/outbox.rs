//! An outgoing message: QUEUED → SUBMITTING → SUBMITTED → DELIVERED | UNDELIVERED | REPORT_TIMEOUT, with
//! RETRY_WAIT, UNKNOWN, FAILED, EXPIRED and CANCELLED. Invariant I11: a message that may have been sent is
//! never silently sent again.

pub use super::class::{Class, OnUnknown, PRIORITY_MAX};
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
/// Parts of the longest message, each perhaps sent twice; bounds the list of references too.
pub const REFERENCES_MAX: usize = 2 * super::pdu::text::PARTS_MAX as usize;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Queued,
    /// Past the point of no return (Ctrl-Z), its answer not yet known.
    Submitting,
    Submitted,
    Delivered,
    Undelivered,
    ReportTimeout,
    RetryWait {
        until: Timestamp,
    },
    Unknown {
        since: Timestamp,
    },
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
    /// From 0; which part of a long message it is.
    pub part: u8,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    pub id: String,
    pub to: PhoneE164,
    pub text: SmsText,
    pub class: Class,
    /// 1 goes first.
    pub priority: u8,
    pub on_unknown: OnUnknown,
    pub subject_id: String,
    /// Who queued it: a user of this machine.
    pub client: u32,
    /// It leaves in this time, both ends included.
    pub not_before: Option<Timestamp>,
    pub not_after: Option<Timestamp>,
    pub encoding: Encoding,
    pub units: u32,
    /// 1, or the parts of a long message; they go one after another by one modem.
    pub parts: u8,
    pub created_at: Timestamp,
    pub state: State,
    /// A person holds it back.
    pub held: bool,
    /// Parts that the network took.
    pub accepted_parts: u8,
    /// Bit n: part n is on the recipient's phone.
    pub delivered_parts: u16,
    /// The modem that carries it; empty before the first Ctrl-Z.
    pub modem: String,
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
    #[error("only a message that is UNKNOWN, UNDELIVERED, FAILED or without its report can be sent again")]
    NotResendable,
}

impl Outgoing {
    /// QUEUED, or RETRY_WAIT whose wait is over.
    pub fn is_sendable(&self, now: Timestamp) -> bool {
        self.may_leave(now)
            && !self.held
            && match self.state {
                State::Queued => true,
                State::RetryWait { until } => until <= now,
                _ => false,
            }
    }

    /// Quiet hours and deadlines bind the moment at which it leaves, however long it waited.
    fn may_leave(&self, now: Timestamp) -> bool {
        self.not_before.is_none_or(|limit| now >= limit) && self.not_after.is_none_or(|limit| now <= limit)
    }

    /// Parts that went, or may have gone, out by one modem bind the rest to it: an unknown message never moves.
    pub fn is_bound(&self) -> bool {
        self.unknown_submits > 0 || self.accepted_parts > 0
    }

    /// Committed after the prompt and before the first octet of the PDU: from here on it may have been sent.
    pub fn hand_over(&mut self, modem: &str, report_requested: bool, now: Timestamp) -> Result<(), Refused> {
        if !self.is_sendable(now) {
            return Err(Refused::NotWaiting);
        }
        self.state = State::Submitting;
        self.modem = modem.to_owned();
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
        self.references.push(Reference {
            modem: modem.to_owned(),
            number,
            at: now,
            part: self.accepted_parts,
        });
        self.submitted_at = Some(now);
        if self.state == State::Submitting {
            self.part_went_out();
        }
    }

    /// The acknowledgement of an attempt that was given up comes after all. It may be on its way once more meanwhile.
    pub fn accept_late(&mut self, modem: &str, number: Option<u8>, now: Timestamp) {
        let given_up = matches!(self.state, State::Unknown { .. } | State::Queued | State::RetryWait { .. });
        if self.unknown_submits == 0 || !given_up {
            return;
        }
        self.unknown_submits -= 1;
        self.state = State::Submitting;
        self.accept(modem, number, now);
    }

    /// A refusal before the prompt (the message still waits) or after Ctrl-Z.
    pub fn refuse(&mut self, verdict: Verdict, reason: String, now: Timestamp) {
        if !self.is_waiting() {
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

    /// After Ctrl-Z the link broke, the final answer did not come, or the process died.
    pub fn lose_answer(&mut self, now: Timestamp) {
        if self.state == State::Submitting {
            self.unknown_submits += 1;
            self.state = State::Unknown { since: now };
        }
    }

    pub fn report(&mut self, part: u8, outcome: DeliveryOutcome, now: Timestamp) -> bool {
        if self.submits == 0 {
            return false;
        }
        match outcome {
            DeliveryOutcome::StillTrying => false,
            DeliveryOutcome::Delivered => self.deliver_part(part, now),
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
        if self.submits == 0 || self.accepted_parts + 1 < self.parts {
            return Err(Refused::NeverSubmitted);
        }
        self.deliver(now);
        Ok(())
    }

    /// What may have been sent cannot be taken back: it stays UNKNOWN, held.
    pub fn cancel(&mut self, now: Timestamp) -> Result<(), Refused> {
        self.check_waits()?;
        self.give_up(State::Cancelled, now);
        Ok(())
    }

    pub fn hold(&mut self) -> Result<(), Refused> {
        self.check_waits()?;
        self.held = true;
        Ok(())
    }

    pub fn release(&mut self) -> Result<(), Refused> {
        self.check_waits()?;
        self.held = false;
        Ok(())
    }

    /// A person has looked and says so: the same text goes once more, of a long message only what is missing.
    pub fn resend(&mut self) -> Result<(), Refused> {
        match self.state {
            State::Unknown { .. } | State::Failed => {}
            State::Undelivered | State::ReportTimeout => {
                self.possible_duplicate = true;
                (self.accepted_parts, self.delivered_parts) = (0, 0);
            }
            _ => return Err(Refused::NotResendable),
        }
        (self.refusals, self.busy, self.held) = (0, 0, false);
        self.state = State::Queued;
        Ok(())
    }

    /// What time alone changes. Returns whether anything changed.
    pub fn pass_time(&mut self, now: Timestamp, resend_after: SignedDuration) -> bool {
        if self.next_due(resend_after).is_none_or(|due| now < due) {
            return false;
        }
        match self.state {
            State::Queued | State::RetryWait { .. } => self.give_up(State::Expired, now),
            State::Unknown { .. } if self.not_after.is_some_and(|limit| now > limit) => return false,
            State::Unknown { .. } => {
                self.resent = true;
                self.state = State::Queued;
            }
            State::Submitted => self.state = State::ReportTimeout,
            _ => return false,
        }
        true
    }

    /// When time alone changes it next.
    pub fn next_due(&self, resend_after: SignedDuration) -> Option<Timestamp> {
        match self.state {
            State::Queued | State::RetryWait { .. } => self.not_after.map(just_after),
            State::Unknown { since } if self.may_resend() => {
                let due = since + resend_after;
                self.not_after.is_none_or(|limit| due <= limit).then_some(due)
            }
            // Without a report that was asked for, and where none can come: nothing stays SUBMITTED for ever.
            State::Submitted => Some(just_after(self.report_deadline())),
            _ => None,
        }
    }

    /// True while a status report may still tell something new or must be absorbed as a repeat.
    pub fn is_reportable(&self, now: Timestamp) -> bool {
        let open = matches!(self.state, State::Submitted | State::Unknown { .. } | State::Submitting);
        self.submits > 0 && (open || now <= self.report_deadline())
    }

    /// What became of this part is known.
    pub fn is_part_reported(&self, part: u8) -> bool {
        let ended = matches!(self.state, State::Delivered | State::Undelivered);
        ended || self.delivered_parts & (1 << part.min(15)) != 0
    }

    /// An attempt whose reference is not known, so that only the destination can pair it.
    pub fn has_unpaired_attempt(&self) -> bool {
        let lost = self.unknown_submits > 0 || self.state == State::Submitting;
        (lost || self.references.iter().any(|reference| reference.number.is_none()))
            && self.state != State::Delivered
    }

    pub fn is_waiting(&self) -> bool {
        matches!(self.state, State::Queued | State::RetryWait { .. } | State::Submitting)
    }

    fn check_waits(&self) -> Result<(), Refused> {
        match self.state {
            State::Queued | State::RetryWait { .. } => Ok(()),
            _ => Err(Refused::NotWaiting),
        }
    }

    fn may_resend(&self) -> bool {
        self.on_unknown == OnUnknown::ResendOnce && !self.resent
    }

    fn part_went_out(&mut self) {
        self.accepted_parts += 1;
        self.state = if self.accepted_parts < self.parts { State::Queued } else { State::Submitted };
    }

    fn deliver_part(&mut self, part: u8, now: Timestamp) -> bool {
        let bit = 1u16 << part.min(15);
        if self.parts > 1 {
            if self.delivered_parts & bit != 0 {
                return false;
            }
            self.delivered_parts |= bit;
            if self.delivered_parts.count_ones() < u32::from(self.parts) {
                // The lost answer is here by another way, so the next part may go.
                if part == self.accepted_parts && matches!(self.state, State::Unknown { .. }) {
                    self.part_went_out();
                }
                return true;
            }
        }
        self.deliver(now)
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
        if self.is_bound() {
            self.resent = true;
            self.state = State::Unknown { since: now };
        } else {
            self.state = otherwise;
        }
    }

    fn wait_or_give_up(&mut self, wait_s: Option<i64>, now: Timestamp) {
        match wait_s {
            Some(seconds) => {
                self.state = State::RetryWait { until: now + SignedDuration::from_secs(seconds) }
            }
            None => self.give_up(State::Failed, now),
        }
    }

    fn report_deadline(&self) -> Timestamp {
        self.submitted_at.unwrap_or(self.created_at) + REPORT_WINDOW
    }
}

/// The first moment after a limit that itself still counts.
fn just_after(limit: Timestamp) -> Timestamp {
    limit + SignedDuration::from_micros(1)
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
pub(crate) mod tests;
