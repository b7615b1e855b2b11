//! Double-entry books of the far side, fed by the effects that checkout pushes. They know no state of a sale.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::collection::{Deduction, State};
use crate::outbox::Effect;
use crate::values::ids::{SaleId, TransferId};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Account {
    Payer,
    Sales,
    Refunds,
    BadDebt,
    Cash,
}

#[derive(Default)]
pub struct Books {
    /// Debits less credits.
    balances: BTreeMap<Account, i64>,
    /// Reserved and neither posted nor void.
    pub reserved: HashMap<TransferId, i64>,
    spent: HashSet<TransferId>,
    /// What came and what went back, of each sale.
    pub came: HashMap<SaleId, i64>,
    pub went_back: HashMap<SaleId, i64>,
    pub faults: Vec<String>,
}

impl Books {
    pub fn reserve(&mut self, id: TransferId, amount: i64) {
        self.spend(id);
        self.reserved.insert(id, amount);
    }

    /// An id is used once, for ever.
    fn spend(&mut self, id: TransferId) {
        if !self.spent.insert(id) {
            self.faults.push(format!("{id} is used twice"));
        }
    }

    fn book(&mut self, debit: Account, credit: Account, amount: i64) {
        if amount <= 0 {
            self.faults.push(format!("a transfer of {amount}"));
        }
        *self.balances.entry(debit).or_default() += amount;
        *self.balances.entry(credit).or_default() -= amount;
    }

    fn resolve(&mut self, owed: &Deduction, posted: Option<i64>) {
        self.spend(owed.resolve);
        let Some(reserved) = self.reserved.remove(&owed.pending) else {
            self.faults.push(format!("{} has nothing reserved", owed.sale));
            return;
        };
        if let Some(amount) = posted {
            if amount > reserved {
                self.faults.push(format!("{} posts {amount} of {reserved}", owed.sale));
            }
            self.book(Account::Payer, Account::Sales, amount);
        }
    }

    pub fn settle(&mut self, owed: &Deduction) {
        self.resolve(owed, Some(owed.owed_minor()));
        *self.came.entry(owed.sale).or_default() += owed.owed_minor();
    }

    /// Money of one sale, as its record stands when the effect is done.
    pub fn take(&mut self, effect: &Effect, owed: &Deduction) {
        let sale = owed.sale;
        let paid = |id: &TransferId| {
            owed.payments.iter().find(|payment| payment.id == *id).map_or(0, |payment| payment.amount_minor)
        };
        match effect {
            Effect::VoidPending { .. } => self.resolve(owed, None),
            Effect::PostPayment { payment, .. } => {
                let last = owed.state == State::PaidOtherwise
                    && owed.payments.last().is_some_and(|last| last.id == *payment);
                let amount = paid(payment);
                self.spend(*payment);
                if last {
                    self.resolve(owed, Some(amount));
                    self.book(Account::Cash, Account::Payer, amount);
                } else {
                    self.book(Account::Cash, Account::Sales, amount);
                }
                *self.came.entry(sale).or_default() += amount;
            }
            Effect::PostRecovery { payment, .. } => {
                self.spend(*payment);
                self.book(Account::Cash, Account::BadDebt, paid(payment));
                *self.came.entry(sale).or_default() += paid(payment);
            }
            Effect::MoveToBadDebt { transfer, .. } => {
                let cleared = match owed.state {
                    State::Cleared => owed.payments.last().map_or(0, |payment| payment.amount_minor),
                    _ => 0,
                };
                self.resolve(owed, Some(owed.owed_minor() + cleared));
                self.spend(*transfer);
                self.book(Account::BadDebt, Account::Payer, owed.owed_minor() + cleared);
            }
            Effect::PostRefund { refund, .. } => {
                let refund = owed.refunds.iter().find(|known| known.id == *refund).unwrap();
                self.spend(refund.id);
                let account = if refund.in_cash { Account::Cash } else { Account::Payer };
                self.book(Account::Refunds, account, refund.amount_minor);
                *self.went_back.entry(sale).or_default() += refund.amount_minor;
            }
            _ => {}
        }
    }

    pub fn of(&self, account: Account) -> i64 {
        self.balances.get(&account).copied().unwrap_or_default()
    }

    pub fn sum(&self) -> i64 {
        self.balances.values().sum()
    }
}
