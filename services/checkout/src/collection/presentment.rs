//! One attempt to collect, and what the bank said of it.

use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use ulid::Ulid;

use crate::values::ids::{BatchId, MessageId, SaleId, TransferId};

/// A deduction that the bank did not pay is presented again at most twice.
pub const PRESENTMENTS_MAX: usize = 3;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Presentment {
    /// At the house the transfer that posts it, followed by another if it is refused; at the bank its InstrId.
    pub id: TransferId,
    pub batch: BatchId,
    pub submitted_at: Timestamp,
    /// What was asked for; 0 where an older program kept no account of it.
    pub amount_minor: i64,
    /// The day on which the bank is to collect it; none at the house.
    pub collect_on: Option<Date>,
    /// The bank has taken it in, which says nothing about money.
    pub accepted_at: Option<Timestamp>,
    pub settled_at: Option<Timestamp>,
    pub returned: Option<Returned>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Returned {
    pub at: Timestamp,
    /// ISO 20022 reason, e.g. AM04.
    pub reason: String,
}

impl Presentment {
    pub fn is_open(&self) -> bool {
        self.settled_at.is_none() && self.returned.is_none()
    }

    /// The InstrId of this sale in this batch: fixed by both, so that a batch is made of nothing else.
    pub fn id_in(batch: BatchId, sale: SaleId) -> TransferId {
        let hash: [u8; 32] =
            Sha256::new().chain_update(batch.to_bytes()).chain_update(sale.to_bytes()).finalize().into();
        let random = u128::from_be_bytes(std::array::from_fn(|at| hash[at]));
        TransferId(Ulid::from_parts(batch.0.timestamp_ms(), random))
    }
}

/// What follows a return.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum After {
    /// A person decides.
    Person,
    /// It is presented again; the payer has to be told first.
    Announce,
    /// The payer was told that it is debited on this day.
    Again { on: Date, message: MessageId },
}
