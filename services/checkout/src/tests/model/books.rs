//! A ledger of the far side: double entry with reservations, fed with the transfers that checkout sends. It knows no sale.

use std::collections::{BTreeMap, BTreeSet};

use chit_proto::ledger::v1::{Transfer, TransferKind};

#[derive(Clone, Default)]
pub struct Books {
    /// Debits less credits, by account.
    balances: BTreeMap<String, i64>,
    /// Reserved and neither posted nor void: debit, credit, amount.
    reserved: BTreeMap<String, (String, String, i64)>,
    spent: BTreeSet<String>,
    pub faults: Vec<String>,
}

impl Books {
    pub fn take(&mut self, transfer: &Transfer) {
        let id = &transfer.transfer_id;
        if !self.spent.insert(id.clone()) {
            self.faults.push(format!("{id} is used twice"));
        }
        let amount = transfer.amount.as_ref().map_or(0, |amount| amount.amount_minor);
        let (debit, credit) = (transfer.debit_account_id.clone(), transfer.credit_account_id.clone());
        match transfer.kind() {
            TransferKind::Pending => {
                let amount = self.positive(amount);
                self.reserved.insert(id.clone(), (debit, credit, amount));
            }
            TransferKind::Posted => {
                let amount = self.positive(amount);
                self.book(debit, credit, amount);
            }
            TransferKind::PostPending | TransferKind::VoidPending => self.resolve(transfer, amount),
            other => self.faults.push(format!("a transfer of kind {other:?}")),
        }
    }

    fn positive(&mut self, amount: i64) -> i64 {
        if amount <= 0 {
            self.faults.push(format!("a transfer of {amount}"));
        }
        amount
    }

    fn book(&mut self, debit: String, credit: String, amount: i64) {
        *self.balances.entry(debit).or_default() += amount;
        *self.balances.entry(credit).or_default() -= amount;
    }

    /// An amount of 0 posts all of it.
    fn resolve(&mut self, transfer: &Transfer, amount: i64) {
        let Some((debit, credit, reserved)) = self.reserved.remove(&transfer.pending_transfer_id) else {
            return self.faults.push(format!("nothing is reserved for {}", transfer.external_ref));
        };
        if amount > reserved {
            self.faults.push(format!("{} posts {amount} of {reserved}", transfer.external_ref));
        }
        if transfer.kind() == TransferKind::PostPending {
            self.book(debit, credit, if amount == 0 { reserved } else { amount });
        }
    }

    /// Debits less credits.
    pub fn of(&self, account: &str) -> i64 {
        self.balances.get(account).copied().unwrap_or_default()
    }

    /// Whether the amount of this transfer still stands reserved.
    pub fn reserves(&self, id: &str) -> bool {
        self.reserved.contains_key(id)
    }

    pub fn reserved_minor(&self) -> i64 {
        self.reserved.values().map(|(.., amount)| amount).sum()
    }

    /// The trial balance: nothing, or the books are wrong.
    pub fn sum(&self) -> i64 {
        self.balances.values().sum()
    }
}
