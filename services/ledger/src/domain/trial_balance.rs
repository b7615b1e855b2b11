//! Sums of all accounts a currency: debits equal credits, or the ledger is broken.

use std::collections::BTreeMap;

use super::{Account, Currency};

/// Sums of many accounts in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub debits_pending: i128,
    pub debits_posted: i128,
    pub credits_pending: i128,
    pub credits_posted: i128,
}

/// Sums per currency.
#[derive(Clone, Debug, Default)]
pub struct TrialBalance(BTreeMap<Currency, Sums>);

impl TrialBalance {
    pub fn add(&mut self, account: &Account) {
        let sums = self.0.entry(account.terms.currency).or_default();
        sums.debits_pending += i128::from(account.balances.debits_pending);
        sums.debits_posted += i128::from(account.balances.debits_posted);
        sums.credits_pending += i128::from(account.balances.credits_pending);
        sums.credits_posted += i128::from(account.balances.credits_posted);
    }

    pub fn currencies(&self) -> impl Iterator<Item = (Currency, &Sums)> {
        self.0.iter().map(|(currency, sums)| (*currency, sums))
    }

    pub fn is_balanced(&self) -> bool {
        self.0.values().all(|sums| {
            sums.debits_posted == sums.credits_posted && sums.debits_pending == sums.credits_pending
        })
    }
}
