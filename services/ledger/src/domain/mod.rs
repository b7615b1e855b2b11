//! The rules of the ledger: pure, synchronous, without storage, clock or network.
//!
//! Semantics follow TigerBeetle's data model: four running sums an account, immutable transfers, two-phase
//! (pending) transfers, ids that are idempotency keys for ever.

mod account;
mod books;
mod draft;
mod fact;
mod id;
mod label;
mod money;
mod record;
mod redo;
mod refusal;
mod replay;
mod rules;
mod stamp;
mod transfer;
mod trial_balance;

#[cfg(test)]
mod draft_tests;
#[cfg(test)]
pub mod memory_books;
#[cfg(test)]
mod model_tests;

pub use account::{Account, AccountFlags, AccountTerms, Balances, Leg};
pub use books::{Books, LedgerError, StorageError};
pub use draft::{Changes, Draft};
pub use fact::{Fact, FactKind, RecordedFact};
pub use id::{AccountId, FactId, TransferId};
pub use label::{Actor, Subject};
pub use money::{AmountMinor, Currency};
pub use record::{Change, Record};
pub use redo::RedoFault;
pub use refusal::{Reason, Refusal};
pub use replay::{Replay, ReplayFault};
pub use stamp::{Stamp, UnixMicros};
pub use transfer::{
    Action, Kind, Movement, Outcome, PendingState, Resolution, TIMEOUT_US_MAX, Transfer, TransferEntry,
    TransferRequest,
};
pub use trial_balance::TrialBalance;
