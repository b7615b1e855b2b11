//! The tables, each with its key and value. Keys are bytes that sort as what they stand for: ids of 16 bytes by time,
//! numbers big-endian. Values are a version byte and a protobuf record of [`super::records`], unless it says otherwise.

use redb::{TableDefinition, WriteTransaction};

use super::storage;
use crate::values::refusal::Result;

pub type Definition = TableDefinition<'static, &'static [u8], &'static [u8]>;

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Table {
            $($(#[$doc])* $name,)*
        }

        impl Table {
            pub const ALL: &[Self] = &[$(Self::$name),*];

            pub fn definition(self) -> Definition {
                match self {
                    $(Self::$name => TableDefinition::new($text),)*
                }
            }
        }
    };
}

tables! {
    /// <sale id, Sale>
    Sales = "sale",
    /// <payer id ‖ sale id, "">
    SalesByPayer = "sale_by_payer",
    /// <receipt number as printed, sale id>
    ReceiptNumbers = "receipt_number",
    /// <look-up code, 5 bytes, sale id>
    LookupCodes = "lookup_code",
    /// <sale number, 4 characters ‖ sale id, "">
    SaleNumbers = "sale_number",
    /// <lane, Lane>: what stands at each till or client
    Lanes = "lane",
    /// <payer id ‖ sale id, amount> of sales that the ledger is being asked for
    Reservations = "reservation",
    /// <sale id, Deduction>
    Deductions = "deduction",
    /// <payer id ‖ sale id, ""> of deductions that are not final and no bad record
    DeductionsByPayer = "deduction_by_payer",
    /// <state, 1 byte ‖ sale id, ""> of the same
    DeductionsByState = "deduction_by_state",
    /// <payer id ‖ sale id, ""> of BAD_LISTED deductions
    BadRecords = "bad_record",
    /// <day, "20261124", DaySums>
    Days = "day",
    /// <payer id, Payer>
    Payers = "payer",
    /// <account id, payer id>: payers in the order of their enrolment
    PayersByAccount = "payer_by_account",
    /// <keyed hash of a telephone number, payer ids>
    Numbers = "number",
    /// <keyed hash of a card serial, payer id>
    CardSerials = "card_serial",
    /// <payer id, sealed JPEG of the enrolment>
    Photos = "photo",
    /// <payer id, ""> of payers whom a person must see to
    PayerAttention = "payer_attention",
    /// <sale id, ""> of sales that a person must see to
    SaleAttention = "sale_attention",
    /// <challenge id, Challenge>
    Challenges = "challenge",
    /// <payer id ‖ challenge id, "">
    ChallengesByPayer = "challenge_by_payer",
    /// <request id, Forward>: replies that wait for the issuer
    Forwards = "forward",
    /// <payer id ‖ request id, "">
    ForwardsByPayer = "forward_by_payer",
    /// <message id, Message>
    Messages = "message",
    /// <fact id, Fact> until the ledger has it
    Facts = "fact",
    /// <batch id, Batch>
    Batches = "batch",
    /// <batch id ‖ sale id, "">
    BatchSales = "batch_sale",
    /// <batch id, Filed> of batches that go to a bank
    Filed = "filed",
    /// <batch id ‖ group, 1 byte ‖ sale id, Debit>
    Debits = "filed_debit",
    /// <mandate id, Mandate>
    Mandates = "mandate",
    /// <SHA-256 of a file from the bank, Statement>
    Statements = "bank_statement",
    /// <exception id, Exception>
    Exceptions = "exception",
    /// <kind ‖ subject, exception id> of open exceptions
    OpenExceptions = "open_exception",
    /// <posting id, Posting> until the ledger has it
    Postings = "posting",
    /// <day, "2026-11-24", BankDay>
    BankDays = "bank_day",
    /// <payer id, HouseAccount>
    HouseAccounts = "house_account",
    /// <payer id ‖ number, HouseEntry>: lines of statements
    HouseEntries = "house_entry",
    /// <sale id, Custody>: what the keeper of the film has to know
    Custody = "custody",
    /// <dispute id, Dispute>
    Disputes = "dispute",
    /// <dispute id, "">
    OpenDisputes = "open_dispute",
    /// <caller ‖ 0 ‖ request id, Remembered>
    Requests = "request",
    /// <ms ‖ key of Requests, "">
    RequestsByTime = "request_by_time",
    /// <number, Entry>
    Outbox = "outbox_entry",
    /// <sale id ‖ number of an entry, reason> of entries that another service refuses
    Refused = "refused_entry",
    /// <revision, Event>
    Events = "event",
    /// <ms ‖ kind ‖ subject, ""> in business time
    Due = "due",
    /// The same, done only while the shop can hear its payers and knows what time it is
    DueDialogue = "due_dialogue",
    /// <ms ‖ kind ‖ subject, ""> in the time during which the shop could hear its payers
    DueHeard = "due_heard",
    /// <number, Shift>
    Shifts = "shift",
    /// <name, Person>
    People = "person",
    /// <name ‖ 0 ‖ origin, PinTries>
    PinTries = "pin_tries",
    /// <SHA-256 of the token, Session>
    Sessions = "session",
    /// <SHA-256 of the token, Device>
    Devices = "device",
    /// <name, u64>: counters, cursors and times
    Counters = "counter",
    /// <name, bytes>: what the store is opened with
    Meta = "meta",
}

pub fn create_all(tx: &WriteTransaction) -> Result<()> {
    for table in Table::ALL {
        tx.open_table(table.definition()).map_err(storage)?;
    }
    Ok(())
}
