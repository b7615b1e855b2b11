//! What the journal keeps: one record a change.

use super::{
    Account, AccountId, Actor, Fact, Outcome, Reason, Stamp, Subject, Transfer, TransferEntry, TransferId,
    TransferRequest,
};

/// One change of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    AccountCreated(Account),
    Transferred(Transfer),
    /// The transfer as asked for; its id is spent.
    Refused(TransferRequest, Reason),
    Expired(TransferId),
    FactRecorded(Fact),
}

/// A change with who, when and its place in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub stamp: Stamp,
    pub actor: Actor,
    pub change: Change,
    /// Subjects under which the record is found again (none, one, or two when a resolution names another subject
    /// than its pending transfer). Not part of the stored bytes.
    pub subjects: Vec<Subject>,
    /// Debit and credit account of a transfer or an expiry, whose histories list the record. Not part of the stored
    /// bytes.
    pub accounts: Option<(AccountId, AccountId)>,
}

impl Record {
    /// The id that the record spent, and what became of it.
    pub fn spent(&self) -> Option<TransferEntry> {
        let outcome = match &self.change {
            Change::Transferred(transfer) => Outcome::Accepted(transfer.clone()),
            Change::Refused(request, reason) => Outcome::Refused(request.clone(), *reason),
            Change::AccountCreated(_) | Change::Expired(_) | Change::FactRecorded(_) => return None,
        };
        Some(TransferEntry { stamp: self.stamp, outcome })
    }
}
