//! Books with real double entry: what checkout tells the ledger is applied here, and refused where it does not add up.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use chit_proto::ledger::v1 as proto;
use prost::Message as _;
use proto::TransferKind;
use tokio::sync::oneshot;
use tonic::Status;

use super::plumbing::{Answer, Call, unary, unimplemented};
use crate::clock::Clock;

/// Sums of one account in minor units; all of them only grow, but the pending ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    pub debits: i64,
    pub credits: i64,
    pub debits_pending: i64,
    pub credits_pending: i64,
}

impl Account {
    /// Posted debits less credits.
    pub fn net(&self) -> i64 {
        self.debits - self.credits
    }
}

struct Pending {
    debit: String,
    credit: String,
    amount: i64,
    open: bool,
}

#[derive(Default)]
pub struct Books {
    pub accounts: HashMap<String, Account>,
    pending: HashMap<String, Pending>,
    /// Bodies by id: a repeated id must bring the same body.
    bodies: HashMap<String, Vec<u8>>,
    /// Ids that came with another body, and transfers that were refused.
    pub faults: Vec<String>,
    pub facts: HashMap<i32, u64>,
    seq: u64,
    /// Sales whose evidence is witnessed, and who waits for it.
    sealed: HashSet<String>,
    sealing: HashMap<String, oneshot::Sender<Instant>>,
}

impl Books {
    /// Told when the evidence of this sale is witnessed.
    pub fn when_sealed(&mut self, sale_id: &str) -> oneshot::Receiver<Instant> {
        let (sender, receiver) = oneshot::channel();
        if self.sealed.contains(sale_id) {
            let _kept = sender.send(Instant::now());
        } else {
            self.sealing.insert(sale_id.to_owned(), sender);
        }
        receiver
    }

    /// What debits and credits differ by, posted and pending: 0 unless these books are wrong themselves.
    pub fn trial_balance(&self) -> i64 {
        let sum = |of: fn(&Account) -> i64| self.accounts.values().map(of).sum::<i64>();
        sum(|one| one.debits - one.credits).abs() + sum(|one| one.debits_pending - one.credits_pending).abs()
    }

    pub fn pending_minor(&self) -> i64 {
        self.accounts.values().map(|one| one.debits_pending).sum()
    }

    /// `Ok(true)`: it was there already.
    fn apply(&mut self, transfer: &proto::Transfer) -> Result<bool, Status> {
        let body = transfer.encode_to_vec();
        if let Some(known) = self.bodies.get(&transfer.transfer_id) {
            if *known != body {
                self.faults.push(format!("transfer {} came with another body", transfer.transfer_id));
            }
            return Ok(true);
        }
        if let Err(why) = self.book(transfer) {
            self.faults.push(format!("transfer {}: {why}", transfer.transfer_id));
            return Err(Status::failed_precondition(why));
        }
        self.bodies.insert(transfer.transfer_id.clone(), body);
        self.seq += 1;
        Ok(false)
    }

    fn book(&mut self, transfer: &proto::Transfer) -> Result<(), String> {
        let amount = transfer.amount.as_ref().map_or(0, |money| money.amount_minor);
        let (debit, credit) = (&transfer.debit_account_id, &transfer.credit_account_id);
        match transfer.kind() {
            TransferKind::Posted if amount > 0 => {
                self.account(debit).debits += amount;
                self.account(credit).credits += amount;
            }
            TransferKind::Pending if amount > 0 => {
                self.account(debit).debits_pending += amount;
                self.account(credit).credits_pending += amount;
                let pending = Pending { debit: debit.clone(), credit: credit.clone(), amount, open: true };
                self.pending.insert(transfer.transfer_id.clone(), pending);
            }
            kind @ (TransferKind::PostPending | TransferKind::VoidPending) => {
                let Some(pending) = self.pending.get_mut(&transfer.pending_transfer_id) else {
                    return Err("there is no such pending transfer".into());
                };
                if !std::mem::replace(&mut pending.open, false) {
                    return Err("the pending transfer is resolved already".into());
                }
                let (debit, credit, reserved) =
                    (pending.debit.clone(), pending.credit.clone(), pending.amount);
                let posted = match (kind, amount) {
                    (TransferKind::VoidPending, _) => 0,
                    (_, 0) => reserved,
                    (_, part) => part,
                };
                if posted > reserved {
                    return Err("more is posted than was reserved".into());
                }
                let from = self.account(&debit);
                (from.debits_pending, from.debits) = (from.debits_pending - reserved, from.debits + posted);
                let to = self.account(&credit);
                (to.credits_pending, to.credits) = (to.credits_pending - reserved, to.credits + posted);
            }
            kind => return Err(format!("{} of {amount} cannot be booked", kind.as_str_name())),
        }
        Ok(())
    }

    fn account(&mut self, id: &str) -> &mut Account {
        self.accounts.entry(id.to_owned()).or_default()
    }

    fn head(&self) -> Option<proto::Head> {
        Some(proto::Head { seq: self.seq, hash: vec![5; 32], root: vec![6; 32] })
    }

    fn fact(&mut self, fact: &proto::Fact) {
        let id = format!("fact {}", fact.fact_id);
        let body = fact.encode_to_vec();
        match self.bodies.get(&id) {
            Some(known) if *known != body => self.faults.push(format!("{id} came with another body")),
            Some(_) => {}
            None => {
                self.bodies.insert(id, body);
                *self.facts.entry(fact.kind).or_default() += 1;
                self.seq += 1;
            }
        }
        if fact.kind() == proto::FactKind::EvidenceSealed {
            self.sealed.insert(fact.subject_id.clone());
            if let Some(waiting) = self.sealing.remove(&fact.subject_id) {
                let _gone = waiting.send(Instant::now());
            }
        }
    }
}

fn lock(books: &Mutex<Books>) -> MutexGuard<'_, Books> {
    books.lock().expect("the books are whole")
}

pub async fn answer(books: Arc<Mutex<Books>>, clock: Clock, method: &str, call: Call) -> Answer {
    match method {
        "CreateAccount" => {
            unary(call, move |request: proto::CreateAccountRequest| {
                let account = request.account.clone().unwrap_or_default();
                lock(&books).account(&account.account_id);
                Ok(proto::CreateAccountResponse { account: request.account })
            })
            .await
        }
        "CreateTransfer" => {
            unary(call, move |request: proto::CreateTransferRequest| {
                let mut books = lock(&books);
                let mut transfer = request.transfer.unwrap_or_default();
                let exists = books.apply(&transfer)?;
                transfer.journal_seq = books.seq;
                transfer.create_time = Some(clock.timestamp());
                Ok(proto::CreateTransferResponse { transfer: Some(transfer), exists, head: books.head() })
            })
            .await
        }
        "CreateTransfers" => {
            unary(call, move |request: proto::CreateTransfersRequest| {
                let mut books = lock(&books);
                for transfer in &request.transfers {
                    books.apply(transfer)?;
                }
                Ok(proto::CreateTransfersResponse { transfers: request.transfers, head: books.head() })
            })
            .await
        }
        "RecordFact" => {
            unary(call, move |request: proto::RecordFactRequest| {
                let mut books = lock(&books);
                if let Some(fact) = &request.fact {
                    books.fact(fact);
                }
                Ok(proto::RecordFactResponse { fact: request.fact, head: books.head() })
            })
            .await
        }
        "GetHead" => {
            unary(call, move |_: proto::GetHeadRequest| {
                Ok(proto::GetHeadResponse { head: lock(&books).head() })
            })
            .await
        }
        _ => unimplemented(),
    }
}
