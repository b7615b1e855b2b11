//! A batch that goes to a bank as a file: what stands in it is fixed when it is made, so that the file is the same
//! however often it is written.

pub mod hand_over;
mod stored;

use chit_iso20022::pain008::Sequence;
use jiff::Timestamp;
use jiff::civil::Date;

use super::exceptions::{self, ExceptionKind, Found};
use super::mandate::BankAccount;
use crate::store::Tx;
use crate::values::ids::{AccountId, BatchId, MandateId, SaleId, TransferId};
use crate::values::refusal::Result;
use crate::values::short_code::SaleNumber;

pub use hand_over::HandOver;

/// Groups of one file; what needs one more waits for the next.
pub const GROUPS_MAX: usize = 200;

/// How far a file is. The numbers are the interface's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileState {
    /// Fixed, and not yet in the drop folder.
    Made = 1,
    Written = 2,
    /// The bank has it.
    Accepted = 3,
    /// The bank took none of it.
    Refused = 4,
}

impl FileState {
    pub const ALL: [Self; 4] = [Self::Made, Self::Written, Self::Accepted, Self::Refused];
}

/// Debits of one sequence that are collected on one day: a PmtInf.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    pub sequence: Sequence,
    pub collect_on: Date,
    pub debits: u32,
    pub minor: i64,
}

/// What became of debits, in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FileSums {
    pub in_flight: i64,
    pub received: i64,
    pub refused: i64,
    pub returned: i64,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filed {
    pub batch: BatchId,
    pub state: FileState,
    /// Part of every id by which the ledger knows the debits in flight; another one after it refused them.
    pub salt: TransferId,
    pub groups: Vec<Group>,
    pub created_at: Timestamp,
    /// Debits of which the bank has not said the last word.
    pub open: u32,
    pub received_minor: i64,
    pub refused_minor: i64,
    pub returned_minor: i64,
    pub file_name: String,
    pub sha256: Option<[u8; 32]>,
    pub written_at: Option<Timestamp>,
    pub answered_at: Option<Timestamp>,
    /// The bank said that the file had arrived before.
    pub duplicate: bool,
    /// By then the bank should have said something. Files of an older program have none.
    pub answer_by: Option<Timestamp>,
    pub hand_over: HandOver,
    /// How often the command was started.
    pub hand_over_tries: u32,
}

impl Filed {
    pub fn debits(&self) -> u64 {
        self.groups.iter().map(|group| u64::from(group.debits)).sum()
    }

    pub fn minor(&self) -> i128 {
        self.groups.iter().map(|group| i128::from(group.minor)).sum()
    }

    pub fn expected_minor(&self) -> i64 {
        i64::try_from(self.minor()).unwrap_or(i64::MAX)
    }

    /// What the bank has said nothing of.
    pub fn open_minor(&self) -> i64 {
        self.expected_minor().saturating_sub(self.received_minor).saturating_sub(self.refused_minor)
    }

    /// By the bank's reports, as the ledger should have it, too.
    pub fn reported(&self) -> FileSums {
        FileSums {
            in_flight: self.open_minor(),
            received: self.received_minor,
            refused: self.refused_minor,
            returned: self.returned_minor,
        }
    }

    /// PmtInfId of the group at this place.
    pub fn group_id(&self, at: usize) -> String {
        format!("{}-{}", self.batch, at + 1)
    }

    /// The place of the group that the bank names so.
    pub fn group_named(&self, id: &str) -> Option<usize> {
        (0..self.groups.len()).find(|at| self.group_id(*at) == id)
    }
}

/// The bank has said something of it.
pub fn note_answer(tx: &mut Tx, filed: &mut Filed) -> Result<()> {
    if filed.answered_at.is_none() {
        filed.answered_at = Some(tx.now);
        exceptions::close_if_open(tx, &no_answer(filed.batch), "bank", "the bank has answered")?;
    }
    Ok(())
}

/// Its time is over.
pub fn miss_answer(tx: &mut Tx, batch: BatchId) -> Result<()> {
    let filed = tx.filed(batch)?;
    if filed.answered_at.is_none() {
        exceptions::raise(tx, no_answer(batch))?;
    }
    Ok(())
}

fn no_answer(batch: BatchId) -> Found {
    Found { batch: Some(batch), ..Found::new(ExceptionKind::NoAnswer) }
}

/// One debit as it stands in the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Debit {
    pub sale: SaleId,
    pub presentment: TransferId,
    pub amount_minor: i64,
    pub mandate: MandateId,
    pub signed_on: Date,
    pub account: BankAccount,
    pub number: SaleNumber,
    /// The payer's account in the ledger.
    pub payer_account: AccountId,
    /// It was paid once, and the bank took it back.
    pub again: bool,
}
