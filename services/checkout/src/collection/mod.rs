//! Collecting what a sale left owed: the deduction, its presentments, payments and refunds, batches for a rail.

mod batch;
pub mod deduction;
mod payments;
mod record;
pub mod settling;
mod step;
mod stored;
pub mod sums;
mod trace;

pub use batch::{Batch, BatchState};
pub use deduction::{
    Asking, Deduction, Notice, OBJECTION_MS, Payment, Presentment, Refund, RefundIds, Returned,
    SealedEvidence, State, release,
};
pub use payments::{Paid, pay_back, pay_in_cash};
pub use record::currency;
pub use step::Step;
pub use trace::{Alphabet, SmsTrace, Subject, TraceId};
