//! What the files say, one record at a time.

use jiff::civil::Date;

use crate::amount::Money;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Message {
    /// Status report.
    Pain002,
    /// Direct debits.
    Pain008,
    /// Statement of a day.
    Camt053,
    /// Notification of bookings.
    Camt054,
    /// Returns.
    Pacs004,
    /// A table.
    Csv,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Record {
    Status(Status),
    Booking(Booking),
    Returned(Returned),
}

/// What a status is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// The whole file.
    File,
    /// The debits of one date and sequence.
    Group,
    Debit,
}

/// pain.002: what the bank says of a file that it was sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    pub level: Level,
    /// MsgId of the file that it answers.
    pub message_id: String,
    pub group_id: Option<String>,
    pub instruction_id: Option<String>,
    pub end_to_end_id: Option<String>,
    /// ACCP, ACSC, RJCT, PART, PDNG …; absent where the bank says only why.
    pub status: Option<String>,
    /// AM04, DUPL …, at most sixteen of them.
    pub reasons: Vec<String>,
    /// Of the debit, where it is repeated.
    pub amount: Option<Money>,
}

/// camt.053, camt.054: money that came or went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Booking {
    /// Id of the statement or notification.
    pub statement_id: String,
    /// IBAN, or `None` for an account without one.
    pub account: Option<String>,
    /// How the bank names the entry.
    pub reference: Option<String>,
    /// Not merely announced.
    pub booked: bool,
    /// To the account; otherwise from it.
    pub credit: bool,
    pub booked_on: Option<Date>,
    /// `None` where an entry of several transactions does not say what each is worth.
    pub amount: Option<Money>,
    pub message_id: Option<String>,
    pub group_id: Option<String>,
    pub instruction_id: Option<String>,
    pub end_to_end_id: Option<String>,
    /// Transactions of an entry that names none of them.
    pub transactions: Option<u64>,
    /// MD06 …: it takes back an earlier one.
    pub return_reason: Option<String>,
}

/// pacs.004: a debit that was paid goes back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Returned {
    pub message_id: Option<String>,
    pub instruction_id: Option<String>,
    pub end_to_end_id: Option<String>,
    pub amount: Money,
    pub settled_on: Option<Date>,
    pub reasons: Vec<String>,
}
