//! What does not agree with the bank, or cannot be collected: a list for people. Nothing on it is mended silently.

mod stored;

use jiff::Timestamp;

use crate::store::Tx;
use crate::values::ids::{BatchId, ExceptionId, PayerId, SaleId};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};

/// A foreign id or a note; longer ones are cut or refused.
const REFERENCE_CHARS_MAX: usize = 64;
pub const NOTE_CHARS_MAX: usize = 200;
/// More than this are not listed one by one: the bank is asked about the whole file.
const OPEN_MAX: u64 = 20_000;
const OPEN: &str = "open_exceptions";

/// The numbers are the interface's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ExceptionKind {
    /// The bank names another amount or currency than was asked for.
    AmountDiffers = 1,
    /// The bank names an id that nothing here has.
    UnknownId = 2,
    /// The payer gave no account.
    NoMandate = 3,
    MandateExpired = 4,
    /// The bank or the payer ended it.
    MandateBlocked = 5,
    /// The bank refused a whole file or a group of it.
    FileRefused = 6,
    /// A debit came back for a reason that a person has to judge.
    ReturnedForPerson = 7,
    /// A statement of an account that is not the shop's.
    OtherAccount = 8,
    /// The bank says two things that cannot both be so.
    Contradiction = 9,
    /// The bank has said nothing of a file for longer than it should need.
    NoAnswer = 10,
    /// The ledger does not book what the bank reported, or what a file collects.
    LedgerRefused = 11,
    /// The configured command did not hand a file over.
    HandOverFailed = 12,
    /// It was interrupted: the bank may have the file.
    HandOverInDoubt = 13,
}

impl ExceptionKind {
    pub const ALL: [Self; 13] = [
        Self::AmountDiffers,
        Self::UnknownId,
        Self::NoMandate,
        Self::MandateExpired,
        Self::MandateBlocked,
        Self::FileRefused,
        Self::ReturnedForPerson,
        Self::OtherAccount,
        Self::Contradiction,
        Self::NoAnswer,
        Self::LedgerRefused,
        Self::HandOverFailed,
        Self::HandOverInDoubt,
    ];

    pub fn action(self) -> Action {
        match self {
            Self::AmountDiffers | Self::UnknownId | Self::Contradiction | Self::NoAnswer => Action::AskBank,
            Self::NoMandate | Self::MandateExpired | Self::MandateBlocked => Action::RecordMandate,
            Self::FileRefused => Action::SettleAgain,
            Self::ReturnedForPerson => Action::ReleaseOrCollect,
            Self::OtherAccount => Action::ImportRightFile,
            Self::LedgerRefused => Action::MendLedger,
            Self::HandOverFailed | Self::HandOverInDoubt => Action::ResolveHandOver,
        }
    }
}

impl From<ExceptionKind> for i32 {
    fn from(kind: ExceptionKind) -> Self {
        kind as Self
    }
}

/// The one thing to do. The numbers are the interface's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Ask the bank what it meant, then close it with the answer.
    AskBank = 1,
    /// Let the payer sign a mandate and record it.
    RecordMandate = 2,
    /// Mend what the bank's reason names, then settle again.
    SettleAgain = 3,
    /// Present it again, take cash, or let the payer get notice.
    ReleaseOrCollect = 4,
    ImportRightFile = 5,
    /// Mend what the ledger's reason names: it is tried again by itself, which closes the exception.
    MendLedger = 6,
    /// Find out whether the bank has the file, and say so or let the command run again.
    ResolveHandOver = 7,
}

/// What a person reads about an exception.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exception {
    pub id: ExceptionId,
    pub found: Found,
    pub raised_at: Timestamp,
    /// Who looks into it.
    pub owner: Option<String>,
    pub closed: Option<Closed>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Closed {
    pub at: Timestamp,
    pub by: String,
    pub note: String,
}

/// What was found, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    pub kind: ExceptionKind,
    pub sale: Option<SaleId>,
    pub batch: Option<BatchId>,
    pub payer: Option<PayerId>,
    /// SHA-256 of the bank's file.
    pub file: Option<[u8; 32]>,
    /// The bank's id where nothing here has it.
    pub reference: String,
    pub expected_minor: Option<i64>,
    pub reported_minor: Option<i64>,
    pub reported_currency: String,
    /// The bank's reason code.
    pub reason: String,
}

impl Found {
    pub fn new(kind: ExceptionKind) -> Self {
        Self {
            kind,
            sale: None,
            batch: None,
            payer: None,
            file: None,
            reference: String::new(),
            expected_minor: None,
            reported_minor: None,
            reported_currency: String::new(),
            reason: String::new(),
        }
    }

    pub fn of_payer(kind: ExceptionKind, payer: PayerId) -> Self {
        Self { payer: Some(payer), ..Self::new(kind) }
    }

    /// One of a kind about one thing is enough until somebody has closed it.
    fn subject(&self) -> Vec<u8> {
        let mut subject = vec![self.kind as u8];
        match (self.sale, self.payer, self.batch) {
            (Some(sale), ..) => subject.extend(sale.to_bytes()),
            (None, Some(payer), _) => subject.extend(payer.0),
            (None, None, Some(batch)) => subject.extend(batch.to_bytes()),
            (None, None, None) => {}
        }
        subject.extend(self.reference.as_bytes());
        subject
    }
}

/// Puts it on the list, unless it stands there already.
pub fn raise(tx: &mut Tx, mut found: Found) -> Result<bool> {
    found.reference = found.reference.chars().take(REFERENCE_CHARS_MAX).collect();
    if tx.open_exception(&found.subject())?.is_some() {
        return Ok(false);
    }
    let open = tx.counter(OPEN)? + 1;
    if open > OPEN_MAX {
        let message = "too many exceptions are open; close those that are done (chit settle exceptions)";
        return Err(Refusal::new(RefusalKind::Unavailable, Reason::QUEUE_FULL, message));
    }
    tx.set_counter(OPEN, open);
    let number = tx.next_number("last_exception")?;
    let ms = u64::try_from(tx.now.as_millisecond()).unwrap_or_default();
    let id = ExceptionId(ulid::Ulid::from_parts(ms, number.into()));
    let exception = Exception { id, found, raised_at: tx.now, owner: None, closed: None };
    tx.put_exception(&exception)?;
    Ok(true)
}

/// Somebody looks into it.
pub fn take(tx: &mut Tx, id: ExceptionId, actor: &str) -> Result<Exception> {
    let mut exception = must_be_open(tx, id)?;
    exception.owner = Some(actor.to_owned());
    tx.put_exception(&exception)?;
    Ok(exception)
}

pub fn close(tx: &mut Tx, id: ExceptionId, actor: &str, note: &str) -> Result<Exception> {
    let note = note.trim();
    if note.is_empty() || note.chars().count() > NOTE_CHARS_MAX || note.chars().any(char::is_control) {
        let remedy = "say in 1 to 200 printable characters what was done";
        return Err(Refusal::field("note", Reason::NOTE_INVALID, remedy));
    }
    let mut exception = must_be_open(tx, id)?;
    exception.owner.get_or_insert_with(|| actor.to_owned());
    exception.closed = Some(Closed { at: tx.now, by: actor.to_owned(), note: note.to_owned() });
    tx.put_exception(&exception)?;
    let open = tx.counter(OPEN)?;
    tx.set_counter(OPEN, open.saturating_sub(1));
    Ok(exception)
}

/// What was done for the payer settles it.
pub fn close_of_payer(
    tx: &mut Tx,
    kind: ExceptionKind,
    payer: PayerId,
    actor: &str,
    note: &str,
) -> Result<()> {
    close_if_open(tx, &Found::of_payer(kind, payer), actor, note)
}

/// The same of a sale.
pub fn close_of_sale(tx: &mut Tx, kind: ExceptionKind, sale: SaleId, actor: &str, note: &str) -> Result<()> {
    close_if_open(tx, &Found { sale: Some(sale), ..Found::new(kind) }, actor, note)
}

/// What stands on the list about the same thing.
pub fn close_if_open(tx: &mut Tx, found: &Found, actor: &str, note: &str) -> Result<()> {
    match tx.open_exception(&found.subject())? {
        Some(id) => close(tx, id, actor, note).map(drop),
        None => Ok(()),
    }
}

fn must_be_open(tx: &Tx, id: ExceptionId) -> Result<Exception> {
    let exception = tx.exception(id)?;
    if exception.closed.is_none() {
        return Ok(exception);
    }
    let message = "the exception is closed already; see who closed it and why";
    Err(Refusal::new(RefusalKind::WrongState, Reason::EXCEPTION_CLOSED, message))
}
