//! A deduction: what one sale left owed, from its seal to the money or its end. One for each sale, for ever (I3).

use iso_currency::Currency;
use jiff::Timestamp;
use jiff::civil::Date;

use super::exceptions::{self, ExceptionKind};
use super::presentment::{After, PRESENTMENTS_MAX, Presentment};
use super::step::Step;
use super::trace::{SmsTrace, Subject};
use crate::outbox::message::{Progress, Purpose};
use crate::store::Tx;
use crate::values::ids::{AccountId, ChallengeId, DisputeId, JobId, MessageId, PayerId, SaleId, TransferId};
use crate::values::name::Named;
use crate::values::refusal::{Refusal, Result};
use crate::values::short_code::SaleNumber;
use crate::values::time::DAY_MS;

/// More than three rounds with reminders, a notice and the answers to them; a payer who goes on writing adds no more.
const SMS_TRACES_MAX: usize = 64;
/// Between the notice and the deny list: the payer may object.
pub const OBJECTION_MS: i64 = 7 * DAY_MS;

/// Each state owns what only it has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    Forming,
    Queued,
    Challenged,
    Verified,
    Submitted,
    Settled,
    Voided,
    Rejected,
    Unreachable,
    BadPending(Notice),
    BadListed { since: Timestamp, until: Timestamp },
    Cleared,
    Expired,
    WrittenOff,
    PaidOtherwise,
    Returned(After),
}

impl State {
    pub fn step(&self) -> Step {
        match self {
            Self::Forming => Step::Forming,
            Self::Queued => Step::Queued,
            Self::Challenged => Step::Challenged,
            Self::Verified => Step::Verified,
            Self::Submitted => Step::Submitted,
            Self::Settled => Step::Settled,
            Self::Voided => Step::Voided,
            Self::Rejected => Step::Rejected,
            Self::Unreachable => Step::Unreachable,
            Self::BadPending(_) => Step::BadPending,
            Self::BadListed { .. } => Step::BadListed,
            Self::Cleared => Step::Cleared,
            Self::Expired => Step::Expired,
            Self::WrittenOff => Step::WrittenOff,
            Self::PaidOtherwise => Step::PaidOtherwise,
            Self::Returned(_) => Step::Returned,
        }
    }
}

/// The notice before a bad record. Without one that is known to be out nobody is listed by itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Notice {
    pub message: Option<MessageId>,
    /// When the network took it, in milliseconds of the heard clock.
    pub since_heard_ms: Option<i64>,
    /// A supervisor must decide on the listing: weak evidence, or a notice that cannot arrive.
    pub needs_person: bool,
}

/// How the payer is being asked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Asking {
    /// The newest challenge that asks for it.
    pub challenge: Option<ChallengeId>,
    pub rounds: u8,
    pub not_before: Option<Timestamp>,
    /// `dispatch = operator`: a person released it. With `auto` it is released from the start.
    pub released: bool,
    /// A challenge for it is known to have reached the phone, or was answered.
    pub delivered: bool,
    /// One last round after a dismissed rejection.
    pub last_round: bool,
}

/// What was sealed of the sale.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SealedEvidence {
    /// Zeros where nothing could be kept.
    pub manifest_sha256: [u8; 32],
    /// Neither PARTIAL nor released by an override.
    pub whole: bool,
}

/// Cash that the payer paid, the whole or a part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payment {
    pub id: TransferId,
    pub amount_minor: i64,
    pub at: Timestamp,
    pub by: String,
}

/// Money that went back to the payer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refund {
    pub id: TransferId,
    pub amount_minor: i64,
    pub at: Timestamp,
    pub by: String,
    pub notice: Option<JobId>,
    pub in_cash: bool,
}

/// Ids for money that goes back: what came by the rail and what came in cash go back the same way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RefundIds {
    pub by_rail: TransferId,
    pub in_cash: TransferId,
    pub notice: JobId,
}

/// Who upheld an objection, and the ids that money going back will have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Upheld {
    pub by: String,
    pub ids: RefundIds,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deduction {
    pub sale: SaleId,
    pub payer: PayerId,
    /// The payer's account in the ledger.
    pub account: AccountId,
    pub amount_minor: i64,
    pub currency: Currency,
    pub number: SaleNumber,
    pub sold_at: Timestamp,
    /// Local day of its receipt number, "20261124".
    pub day: String,
    pub state: State,
    pub evidence: Option<SealedEvidence>,
    pub asking: Asking,
    /// A dispute over it is open: nothing is asked or deducted until it is resolved.
    pub held: bool,
    pub disputes: Vec<DisputeId>,
    /// The transfer that reserves the amount.
    pub pending: TransferId,
    /// The transfer that will resolve it, by posting or voiding.
    pub resolve: TransferId,
    pub presentments: Vec<Presentment>,
    pub payments: Vec<Payment>,
    pub refunds: Vec<Refund>,
    /// An objection was upheld while it was in a batch: what follows is decided when the batch's end is known.
    pub upheld: Option<Upheld>,
    pub sms: Vec<SmsTrace>,
    /// Why the ledger refuses to post it: kept out of batches until a person has seen to it.
    pub parked: Option<String>,
    /// The day on which the payer was told that it is debited; none where nothing is announced.
    pub debit_on: Option<Date>,
}

impl Deduction {
    pub fn step(&self) -> Step {
        self.state.step()
    }

    /// Goes to `next`, or says why not.
    pub fn advance(&mut self, next: State) -> Result<()> {
        let (from, to) = (self.step(), next.step());
        if !from.may_become(to) {
            return Err(Refusal::wrong_state(format!(
                "the sale is {} and cannot become {}",
                from.name(),
                to.name()
            )));
        }
        self.state = next;
        Ok(())
    }

    /// What was paid in cash so far.
    pub fn paid_minor(&self) -> i64 {
        self.payments.iter().fold(0, |sum, payment| sum.saturating_add(payment.amount_minor))
    }

    /// What is still to be asked for and deducted.
    pub fn owed_minor(&self) -> i64 {
        self.amount_minor.saturating_sub(self.paid_minor())
    }

    pub fn refunded_minor(&self) -> i64 {
        self.refunds.iter().fold(0, |sum, refund| sum.saturating_add(refund.amount_minor))
    }

    /// It waits for this challenge's answer, or for its SMS to go out.
    pub fn is_asked_by(&self, challenge: ChallengeId) -> bool {
        matches!(self.state, State::Queued | State::Challenged) && self.asking.challenge == Some(challenge)
    }

    /// May it be asked for now, apart from what is known of the payer?
    pub fn is_askable(&self, now: Timestamp) -> bool {
        self.state == State::Queued
            && !self.held
            && self.asking.released
            && self.asking.not_before.is_none_or(|from| from <= now)
    }

    /// Keeps one entry a message; a later one replaces the earlier.
    pub fn trace(&mut self, trace: SmsTrace) {
        let room = self.sms.len() < SMS_TRACES_MAX;
        match self.sms.iter_mut().find(|known| known.id == trace.id) {
            Some(known) if trace.revision < known.revision => {}
            Some(known) => *known = trace,
            None if room => self.sms.push(trace),
            None => {}
        }
    }

    /// An SMS that asks for it may or may not have left.
    pub fn has_unknown_sms(&self) -> bool {
        let asks = |subject| matches!(subject, Subject::Sent(purpose) if purpose != Purpose::Answer);
        self.sms.iter().any(|trace| asks(trace.subject) && trace.progress == Progress::Unknown)
    }

    pub fn notice(&self) -> Option<&Notice> {
        match &self.state {
            State::BadPending(notice) => Some(notice),
            _ => None,
        }
    }

    /// When the days in which the payer may object are over, on the heard clock, if they run.
    pub fn objection_ends_heard_ms(&self) -> Option<i64> {
        let notice = self.notice().filter(|notice| !notice.needs_person && !self.held)?;
        notice.since_heard_ms.map(|since| since + OBJECTION_MS)
    }

    /// The newest attempt to collect.
    pub fn presentment(&self) -> Option<&Presentment> {
        self.presentments.last()
    }

    pub fn settled_at(&self) -> Option<Timestamp> {
        self.presentments.iter().rev().find_map(|presentment| presentment.settled_at)
    }

    /// Its reservation in the ledger was posted: what the bank took back since is a claim of its own there.
    pub fn is_posted(&self) -> bool {
        self.presentments.iter().any(|presentment| presentment.settled_at.is_some())
    }

    /// It was confirmed, and a bank was asked for it.
    pub fn was_presented(&self) -> bool {
        !self.presentments.is_empty()
    }

    /// A person must see to it.
    pub fn needs_person(&self) -> bool {
        match &self.state {
            State::Queued if !self.asking.released && !self.held => true,
            State::Unreachable | State::Rejected | State::Returned(After::Person) => true,
            State::BadPending(notice) if notice.needs_person => true,
            _ => {
                self.held || self.parked.is_some() || (self.step().awaits_answer() && self.has_unknown_sms())
            }
        }
    }
}

/// A person lets it go on: its challenge goes out (`dispatch = operator`); after the ledger refused to post it, it goes
/// into the next batch; after the bank returned it, it is presented again, or after three times the payer gets notice.
pub fn release(tx: &mut Tx, sale: SaleId, actor: &str) -> Result<()> {
    let mut deduction = tx.deduction(sale)?;
    match deduction.state {
        State::Forming | State::Queued => deduction.asking.released = true,
        State::Verified if deduction.parked.is_some() => deduction.parked = None,
        // What the bank did not pay is presented again, or the payer is asked to pay otherwise.
        State::Returned(After::Person) if !deduction.held => {
            let again = deduction.presentments.len() < PRESENTMENTS_MAX;
            let next = State::BadPending(Notice::default());
            if again {
                deduction.state = State::Returned(After::Announce)
            } else {
                deduction.advance(next)?
            }
            let kind = ExceptionKind::ReturnedForPerson;
            exceptions::close_of_sale(tx, kind, sale, actor, "released")?;
        }
        _ => {
            let name = deduction.step().name();
            return Err(Refusal::wrong_state(format!("the sale is {name}; it waits for no release now")));
        }
    }
    tx.put_deduction(actor, &deduction)
}
