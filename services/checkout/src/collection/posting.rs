//! What a part of a bank's file changes in the ledger: amounts and accounts are fixed in the transaction that believed it,
//! so that it is booked the same however often it is tried.

use sha2::{Digest, Sha256};
use ulid::Ulid;

use crate::outbox::Effect;
use crate::store::records::{self, bank as stored, damaged};
use crate::store::table::Table;
use crate::store::{Tx, View};
use crate::values::ids::{AccountId, BatchId, PostingId, SaleId, TransferId};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Booked {
    /// What was in flight has arrived.
    Received = 1,
    /// Nothing arrived: it is no longer in flight.
    NotPaid = 2,
    /// What had arrived went back: the payer owes it again.
    TakenBack = 3,
    /// What had arrived went back, and the shop had owed it to the payer anyway.
    RefundedByBank = 4,
}

impl Booked {
    const ALL: [Self; 4] = [Self::Received, Self::NotPaid, Self::TakenBack, Self::RefundedByBank];
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    pub booked: Booked,
    pub sale: SaleId,
    pub presentment: TransferId,
    pub batch: BatchId,
    pub amount_minor: i64,
    /// The payer's account in the ledger.
    pub account: AccountId,
    /// The reservation that is posted with it, if it still stands.
    pub pending: Option<TransferId>,
    /// The amount is all that was reserved.
    pub whole: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Posting {
    pub id: PostingId,
    /// Part of the ids of its transfers; another one after the ledger refused them.
    pub salt: TransferId,
    pub entries: Vec<Entry>,
}

/// The id of a transfer: another one for each salt, presentment and purpose.
pub fn transfer_id(salt: TransferId, presentment: TransferId, purpose: &str) -> TransferId {
    let hash: [u8; 32] = Sha256::new()
        .chain_update(salt.to_bytes())
        .chain_update(presentment.to_bytes())
        .chain_update(purpose)
        .finalize()
        .into();
    TransferId(Ulid::from_parts(
        salt.0.timestamp_ms(),
        u128::from_be_bytes(std::array::from_fn(|at| hash[at])),
    ))
}

/// The id by which the ledger knows a presentment's money while it is in flight.
pub fn flight_id(salt: TransferId, presentment: TransferId) -> TransferId {
    transfer_id(salt, presentment, "flight")
}

impl Tx {
    /// Hands the entries to the outbox.
    pub fn book(&mut self, id: PostingId, entries: Vec<Entry>) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        self.put_posting(&Posting { id, salt: TransferId(id.0), entries });
        self.push(&Effect::BookPosting { posting: id })
    }

    pub fn put_posting(&mut self, posting: &Posting) {
        let entry = |entry: &Entry| stored::PostingEntry {
            kind: entry.booked as u32,
            sale_id: entry.sale.to_bytes().to_vec(),
            presentment_id: entry.presentment.to_bytes().to_vec(),
            batch_id: entry.batch.to_bytes().to_vec(),
            amount_minor: entry.amount_minor,
            account_id: entry.account.to_bytes().to_vec(),
            pending_id: records::bytes_of(entry.pending.map(TransferId::to_bytes)),
            whole: entry.whole,
        };
        let record = stored::Posting {
            salt: posting.salt.to_bytes().to_vec(),
            entries: posting.entries.iter().map(entry).collect(),
        };
        self.put(Table::Postings, &posting.id.to_bytes(), &record);
    }

    /// The ledger has it now.
    pub fn forget_posting(&mut self, id: PostingId) {
        self.remove(Table::Postings, &id.to_bytes());
    }
}

impl View {
    pub fn posting(&self, id: PostingId) -> Result<Posting> {
        let record: stored::Posting = self
            .record(Table::Postings, &id.to_bytes())?
            .ok_or_else(|| Refusal::not_found(Reason::POSTING_NOT_FOUND, "posting"))?;
        let entries: Result<Vec<Entry>> = record.entries.iter().map(entry).collect();
        Ok(Posting { id, salt: records::id(&record.salt)?, entries: entries? })
    }
}

fn entry(record: &stored::PostingEntry) -> Result<Entry> {
    let booked = Booked::ALL.into_iter().find(|booked| *booked as u32 == record.kind);
    Ok(Entry {
        booked: booked.ok_or_else(|| damaged("a posting's kind is unknown"))?,
        sale: records::id(&record.sale_id)?,
        presentment: records::id(&record.presentment_id)?,
        batch: records::id(&record.batch_id)?,
        amount_minor: record.amount_minor,
        account: records::id(&record.account_id)?,
        pending: records::optional_id(&record.pending_id)?,
        whole: record.whole,
    })
}
