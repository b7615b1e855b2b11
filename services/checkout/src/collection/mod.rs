//! Collecting what a sale left owed: the deduction, its presentments, payments and refunds, batches for a rail.

mod bank_days;
mod batch;
pub mod by_ledger;
pub mod deduction;
pub mod exceptions;
pub mod filed;
pub mod house;
pub mod mandate;
mod payments;
pub mod posting;
mod presentment;
pub mod rail;
mod record;
pub mod settling;
mod step;
mod stored;
pub mod sums;
mod trace;

pub use bank_days::Reported;
pub use batch::{Batch, BatchState};
pub use deduction::{
    Asking, Deduction, Notice, OBJECTION_MS, Payment, Refund, RefundIds, SealedEvidence, State, release,
};
pub use payments::{Paid, pay_back, pay_back_upheld, pay_in_cash};
pub use presentment::{After, PRESENTMENTS_MAX, Presentment, Returned};
pub use rail::Rail;
pub use record::currency;
pub use step::Step;
pub use trace::{Alphabet, SmsTrace, Subject, TraceId};
