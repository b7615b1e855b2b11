//! Mandates, files for the bank and from it, exceptions and postings as stored.

/// Whose account at which bank; sealed.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct BankAccount {
    #[prost(string, tag = "1")]
    pub holder: String,
    #[prost(string, tag = "2")]
    pub iban: String,
    #[prost(string, tag = "3")]
    pub bic: String,
}

impl std::fmt::Debug for BankAccount {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("BankAccount(redacted)")
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Mandate {
    #[prost(bytes = "vec", tag = "1")]
    pub payer_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub account: Vec<u8>,
    /// "2026-11-24"
    #[prost(string, tag = "3")]
    pub signed_on: String,
    #[prost(uint32, tag = "4")]
    pub notice_days: u32,
    #[prost(bytes = "vec", tag = "5")]
    pub first_sale: Vec<u8>,
    #[prost(string, tag = "6")]
    pub used_on: String,
    #[prost(string, tag = "7")]
    pub blocked: String,
}

/// The debits of one sequence and day in a file.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Group {
    #[prost(uint32, tag = "1")]
    pub sequence: u32,
    #[prost(string, tag = "2")]
    pub collect_on: String,
    #[prost(uint32, tag = "3")]
    pub debits: u32,
    #[prost(int64, tag = "4")]
    pub minor: i64,
}

/// What the bank has to do with a batch.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Filed {
    #[prost(uint32, tag = "1")]
    pub state: u32,
    #[prost(bytes = "vec", tag = "2")]
    pub salt: Vec<u8>,
    #[prost(message, repeated, tag = "3")]
    pub groups: Vec<Group>,
    #[prost(int64, tag = "4")]
    pub created_ms: i64,
    #[prost(uint32, tag = "5")]
    pub open: u32,
    #[prost(int64, tag = "6")]
    pub received_minor: i64,
    #[prost(int64, tag = "7")]
    pub refused_minor: i64,
    #[prost(int64, tag = "8")]
    pub returned_minor: i64,
    #[prost(string, tag = "9")]
    pub file_name: String,
    #[prost(bytes = "vec", tag = "10")]
    pub sha256: Vec<u8>,
    #[prost(int64, optional, tag = "11")]
    pub written_ms: Option<i64>,
    #[prost(int64, optional, tag = "12")]
    pub answered_ms: Option<i64>,
    /// The bank said that the file had arrived before.
    #[prost(bool, tag = "13")]
    pub duplicate: bool,
    #[prost(int64, optional, tag = "14")]
    pub answer_by_ms: Option<i64>,
    /// How far the configured command is with it.
    #[prost(uint32, tag = "15")]
    pub hand_over: u32,
    #[prost(uint32, tag = "16")]
    pub hand_over_tries: u32,
}

/// One debit in a file, as it was when the batch was made.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Debit {
    #[prost(bytes = "vec", tag = "1")]
    pub presentment_id: Vec<u8>,
    #[prost(int64, tag = "2")]
    pub amount_minor: i64,
    #[prost(bytes = "vec", tag = "3")]
    pub mandate_id: Vec<u8>,
    #[prost(string, tag = "4")]
    pub signed_on: String,
    /// Sealed.
    #[prost(bytes = "vec", tag = "5")]
    pub account: Vec<u8>,
    #[prost(string, tag = "6")]
    pub number: String,
    #[prost(bytes = "vec", tag = "7")]
    pub account_id: Vec<u8>,
    /// It was paid once, and the bank took it back.
    #[prost(bool, tag = "8")]
    pub again: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Exception {
    #[prost(uint32, tag = "1")]
    pub kind: u32,
    #[prost(bytes = "vec", tag = "2")]
    pub sale_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    pub batch_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    pub payer_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "5")]
    pub file: Vec<u8>,
    #[prost(string, tag = "6")]
    pub reference: String,
    #[prost(int64, optional, tag = "7")]
    pub expected_minor: Option<i64>,
    #[prost(int64, optional, tag = "8")]
    pub reported_minor: Option<i64>,
    #[prost(string, tag = "9")]
    pub reported_currency: String,
    #[prost(string, tag = "10")]
    pub reason: String,
    #[prost(int64, tag = "11")]
    pub raised_ms: i64,
    #[prost(string, tag = "12")]
    pub owner: String,
    #[prost(int64, optional, tag = "13")]
    pub closed_ms: Option<i64>,
    #[prost(string, tag = "14")]
    pub closed_by: String,
    #[prost(string, tag = "15")]
    pub note: String,
}

/// What the ledger is told of one presentment.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PostingEntry {
    #[prost(uint32, tag = "1")]
    pub kind: u32,
    #[prost(bytes = "vec", tag = "2")]
    pub sale_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    pub presentment_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    pub batch_id: Vec<u8>,
    #[prost(int64, tag = "5")]
    pub amount_minor: i64,
    #[prost(bytes = "vec", tag = "6")]
    pub account_id: Vec<u8>,
    /// The reservation that is posted with it; empty = none.
    #[prost(bytes = "vec", tag = "7")]
    pub pending_id: Vec<u8>,
    /// The amount is all that was reserved.
    #[prost(bool, tag = "8")]
    pub whole: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Posting {
    #[prost(bytes = "vec", tag = "1")]
    pub salt: Vec<u8>,
    #[prost(message, repeated, tag = "2")]
    pub entries: Vec<PostingEntry>,
}

/// A file that came from the bank.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Statement {
    #[prost(uint32, tag = "1")]
    pub message: u32,
    #[prost(string, tag = "2")]
    pub message_id: String,
    #[prost(uint64, tag = "3")]
    pub records: u64,
    /// Records that were applied so far.
    #[prost(uint64, tag = "4")]
    pub applied: u64,
    #[prost(int64, tag = "5")]
    pub imported_ms: i64,
    #[prost(string, tag = "6")]
    pub actor: String,
    #[prost(message, optional, tag = "7")]
    pub tally: Option<Tally>,
}

/// What the records of a file were.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Tally {
    #[prost(uint32, tag = "1")]
    pub accepted: u32,
    #[prost(uint32, tag = "2")]
    pub received: u32,
    #[prost(uint32, tag = "3")]
    pub refused: u32,
    #[prost(uint32, tag = "4")]
    pub returned: u32,
    /// What was known before.
    #[prost(uint32, tag = "5")]
    pub repeated: u32,
    /// Bookings that have nothing to do with a sale.
    #[prost(uint32, tag = "6")]
    pub others: u32,
    #[prost(uint32, tag = "7")]
    pub exceptions: u32,
}

/// What the bank reported on one day.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct BankDay {
    #[prost(int64, tag = "1")]
    pub expected_minor: i64,
    #[prost(int64, tag = "2")]
    pub received_minor: i64,
    #[prost(int64, tag = "3")]
    pub returned_minor: i64,
    #[prost(int64, tag = "4")]
    pub refused_minor: i64,
}
