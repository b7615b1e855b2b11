//! A payer: their state, their code, their card. Personal data lives here and nowhere else.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::code_card::{CardSerial, CodeHash, Row, RowBitmap};
use crate::values::calendar::DailyCount;
use crate::values::ids::{AccountId, ChallengeId, JobId, MandateId, MessageId, PayerId};
use crate::values::name::Named;
use crate::values::phone::PhoneE164;
use crate::values::refusal::{Refusal, Result};
use crate::values::sms_text::Language;

/// DESIGN "Phone or card change: no sales for 24 h".
pub const AFTER_CHANGE: SignedDuration = SignedDuration::from_hours(24);
/// First challenges without an answer: another number, or no interest.
pub const ENROL_ROUNDS_MAX: u8 = 3;

/// The numbers are the interface's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayerState {
    /// Papers are being printed.
    Enrolling = 1,
    /// Waits for the answer to the first challenge.
    Pending = 2,
    Active = 3,
    Frozen = 4,
    /// Nine wrong replies: SMS answering is closed until one right row at the counter.
    Locked = 5,
    Denied = 6,
    /// Who they are was erased at their wish: an id that their sales keep. Final.
    Erased = 7,
}

impl PayerState {
    pub const ALL: [Self; 7] = [
        Self::Enrolling,
        Self::Pending,
        Self::Active,
        Self::Frozen,
        Self::Locked,
        Self::Denied,
        Self::Erased,
    ];
}

impl From<PayerState> for i32 {
    fn from(state: PayerState) -> Self {
        state as Self
    }
}

/// Whether the payer's code has to be replaced, and was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CodeCare {
    #[default]
    None = 0,
    /// A copy of evidence that left the shop shows it: it gets a new serial at the payer's next purchase.
    Exposed = 1,
    /// It was replaced, and the payer has not shown the new one yet.
    Renewed = 2,
}

impl CodeCare {
    pub const ALL: [Self; 3] = [Self::None, Self::Exposed, Self::Renewed];
}

/// How far the papers of an enrolment are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Papers {
    Mandate = 1,
    Card = 2,
    Done = 3,
}

impl Papers {
    pub const ALL: [Self; 3] = [Self::Mandate, Self::Card, Self::Done];
}

/// What became of the warning to the number a payer had before a change. The numbers are the interface's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warned {
    Queued = 1,
    Sent = 2,
    Delivered = 3,
    NotSent = 4,
    Undelivered = 5,
    Unknown = 6,
}

impl Warned {
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Sent, Self::Delivered, Self::NotSent, Self::Undelivered, Self::Unknown];
}

/// The warning of the newest change: its state, its present message, how often and when it was last sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Warning {
    pub state: Warned,
    pub message: MessageId,
    pub sends: u8,
    pub sent_at: Timestamp,
    /// sms-gateway's revision of that state; an older one says nothing new.
    pub revision: u64,
}

/// The newest change of phone or card: two people answer for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    pub at: Timestamp,
    pub by: String,
    pub with: String,
    /// None where an older program kept no account of it.
    pub warning: Option<Warning>,
}

/// The payer code that is valid now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssuedCode {
    pub serial: u16,
    pub valid_to: Date,
    /// Its picture on this host.
    pub png_path: String,
}

/// The code card that is valid now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Card {
    pub serial: CardSerial,
    pub job: JobId,
    /// Rows already assigned (I4).
    pub burned: RowBitmap,
    /// Codes that were answered right: used again they are no tries.
    pub used: Vec<CodeHash>,
    /// Reported lost: none of its rows counts any more, and only another card ends that.
    pub lost: bool,
    /// It came in an issuer's envelope.
    pub issued: Option<Issued>,
}

/// A card of an issuer, as far as this shop knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issued {
    /// The issuer's name for the card.
    pub id: [u8; 8],
    /// The rows that may be asked for here, in their order.
    pub rows: Vec<Row>,
}

impl Card {
    /// A card with all its rows.
    pub fn new(serial: CardSerial, job: JobId) -> Self {
        Self { serial, job, burned: RowBitmap::default(), used: Vec::new(), lost: false, issued: None }
    }

    /// Rows that the issuer assigned to this shop; those that it has already change nothing.
    pub fn take_rows(&mut self, id: [u8; 8], rows: &[Row]) {
        let free = if self.issued.is_some() { self.burned } else { RowBitmap::NONE_LEFT };
        let issued = self.issued.get_or_insert_with(|| Issued { id, rows: Vec::new() });
        let new: Vec<Row> = rows.iter().copied().filter(|row| !issued.rows.contains(row)).collect();
        self.burned = free.with_free(&new);
        issued.rows.extend(new);
    }

    /// May a row be asked for?
    pub fn has_rows(&self) -> bool {
        !self.lost && self.burned.remaining() > 0
    }
}

#[derive(Clone, PartialEq, Eq)]
pub struct Payer {
    pub id: PayerId,
    pub state: PayerState,
    pub name: String,
    /// None once they are erased.
    pub phone: Option<PhoneE164>,
    pub language: Language,
    pub code: IssuedCode,
    pub code_care: CodeCare,
    pub card: Card,
    pub wrong_since_right: u8,
    /// Challenges that those wrong codes were compared with, summed up.
    pub chances_since_right: u8,
    pub mandate: MandateId,
    pub mandate_job: JobId,
    pub papers: Papers,
    pub account: AccountId,
    pub open_challenge: Option<ChallengeId>,
    pub enrolled_at: Timestamp,
    /// Messages that they did not ask for (challenge, reminder, notice) on their newest day.
    pub unasked: DailyCount,
    pub answers: DailyCount,
    /// No challenge before this time (after three wrong replies: next day 08:00).
    pub not_before: Option<Timestamp>,
    pub consent: u32,
    pub traceparent: Option<String>,
    pub approved_by: String,
    /// Who enrolled them; unknown of payers of an older program.
    pub enrolled_by: Option<String>,
    /// One of their deductions is BAD_LISTED: outlasts a freeze, a lock and a new card.
    pub listed: bool,
    /// Outlasts a lock; a new card ends it.
    pub frozen: bool,
    /// First challenges of the present card so far.
    pub enrol_rounds: u8,
    pub change: Option<Change>,
    /// When SMS answering was closed, in milliseconds of the heard clock: days stand still from here.
    pub locked_heard_ms: Option<i64>,
    /// Since when a reply of theirs waits for the issuer's verdict, in milliseconds of the heard clock: days stand still from here.
    pub forwarded_heard_ms: Option<i64>,
}

impl std::fmt::Debug for Payer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Payer({}, {})", self.id, self.state.name())
    }
}

impl Payer {
    /// Nothing is sold to them before: who was robbed of phone or card must have time to say so.
    pub fn no_sales_until(&self) -> Option<Timestamp> {
        self.change.as_ref().map(|change| change.at + AFTER_CHANGE)
    }

    /// Their number; nothing is done any more with who was erased.
    pub fn must_be_known(&self) -> Result<&PhoneE164> {
        self.phone.as_ref().ok_or_else(|| {
            Refusal::wrong_state(
                "who this payer is was erased at their wish; enrol them anew if they come back",
            )
        })
    }

    /// Forgets who they are. No code of theirs opens anything, and nothing reaches them.
    pub fn erase(&mut self) {
        self.state = PayerState::Erased;
        self.name.clear();
        self.phone = None;
        self.card = Card {
            lost: true,
            burned: RowBitmap::NONE_LEFT,
            ..Card::new(CardSerial::from_random(0), self.card.job)
        };
        self.code.png_path.clear();
        self.code_care = CodeCare::None;
        self.change = None;
        self.traceparent = None;
        self.not_before = None;
        self.frozen = false;
    }

    /// The code is frozen until the payer comes in person. A lock is stricter and stays.
    pub fn freeze(&mut self) {
        if self.state == PayerState::Erased {
            return;
        }
        self.frozen = true;
        if self.state != PayerState::Locked {
            self.state = PayerState::Frozen;
        }
    }

    /// Nine wrong replies: SMS answering is closed, because a sender's number can be forged.
    pub fn lock(&mut self, heard_ms: i64) {
        self.frozen |= self.state == PayerState::Frozen;
        self.state = PayerState::Locked;
        self.locked_heard_ms.get_or_insert(heard_ms);
    }

    /// Phone and card were proven together: they may buy, unless a freeze or a bad record stands.
    pub fn activate(&mut self) {
        if self.state == PayerState::Erased {
            return;
        }
        self.state = match (self.frozen, self.listed) {
            (true, _) => PayerState::Frozen,
            (false, true) => PayerState::Denied,
            (false, false) => PayerState::Active,
        };
    }

    /// One right row ended the lock; the phone, if it is another one since, is proven next.
    pub fn unlock(&mut self, phone_proven: bool) {
        if phone_proven || self.frozen {
            self.activate();
        } else {
            self.state = PayerState::Pending;
            self.enrol_rounds = 0;
        }
    }

    /// The card is in wrong hands, or in nobody's.
    pub fn lose_card(&mut self) {
        self.card.lost = true;
        self.freeze();
    }

    /// Another card ends a freeze, a lock and a loss; its papers are printed first.
    pub fn replace_card(&mut self, card: Card) {
        self.card = card;
        self.frozen = false;
        self.state = PayerState::Enrolling;
        self.papers = Papers::Card;
        self.wrong_since_right = 0;
        self.chances_since_right = 0;
        self.not_before = None;
    }

    /// A bad record stands; a freeze or a lock is not lifted by it, nor later by its end.
    pub fn deny(&mut self) {
        self.listed = true;
        if self.state == PayerState::Active {
            self.activate();
        }
    }

    /// No bad record stands any more.
    pub fn allow(&mut self) {
        self.listed = false;
        if self.state == PayerState::Denied {
            self.activate();
        }
    }

    /// A wrong code, compared with so many challenges.
    pub fn guessed(&mut self, chances: usize) {
        self.wrong_since_right = self.wrong_since_right.saturating_add(1);
        let chances = u8::try_from(chances).unwrap_or(u8::MAX);
        self.chances_since_right = self.chances_since_right.saturating_add(chances);
    }

    /// A right code: the wrong ones before it are forgiven, and this one is used.
    pub fn proved(&mut self, code: CodeHash) {
        self.wrong_since_right = 0;
        self.chances_since_right = 0;
        self.card.used.push(code);
    }

    /// Nobody asks them by SMS any more until a person has seen to it.
    pub fn needs_person(&self) -> bool {
        if self.state == PayerState::Erased {
            return false;
        }
        let warned_in_vain =
            self.change.as_ref().and_then(|change| change.warning.as_ref()).is_some_and(|warning| {
                matches!(warning.state, Warned::NotSent | Warned::Undelivered | Warned::Unknown)
            });
        matches!(self.state, PayerState::Frozen | PayerState::Locked)
            || self.card.burned.remaining() == 0
            || self.code_care == CodeCare::Renewed
            || (self.state == PayerState::Pending && self.enrol_rounds >= ENROL_ROUNDS_MAX)
            || warned_in_vain
    }

    pub fn is_chinese(&self) -> bool {
        self.language == Language::Chinese
    }
}
