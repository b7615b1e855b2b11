//! An account: what was agreed about it and its four running sums.

use super::{AccountId, AmountMinor, Currency, Reason, UnixMicros};

/// Rules of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountFlags {
    pub debits_must_not_exceed_credits: bool,
    pub credits_must_not_exceed_debits: bool,
    /// Takes no new transfer; pending ones may still be resolved.
    pub frozen: bool,
    /// Takes no transfer at all. Expiry still releases what was pending.
    pub closed: bool,
}

/// What the caller chose when creating an account; never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountTerms {
    pub id: AccountId,
    pub currency: Currency,
    pub code: u16,
    pub flags: AccountFlags,
    /// Bound of debits (pending + posted) − posted credits in minor units; 0 = none.
    pub credit_limit_minor: i64,
}

impl AccountTerms {
    /// Name of the first field in which `other` differs.
    pub fn differing_field(&self, other: &Self) -> Option<&'static str> {
        let Self { id: _, currency, code, flags, credit_limit_minor } = self;
        [
            ("account.currency_code", *currency != other.currency),
            ("account.code", *code != other.code),
            ("account.flags", *flags != other.flags),
            ("account.credit_limit_minor", *credit_limit_minor != other.credit_limit_minor),
        ]
        .into_iter()
        .find_map(|(field, differs)| differs.then_some(field))
    }
}

/// Which side of an account a transfer touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leg {
    Debit,
    Credit,
}

/// Running sums in minor units; none is ever negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balances {
    pub debits_pending: i64,
    pub debits_posted: i64,
    pub credits_pending: i64,
    pub credits_posted: i64,
}

impl Balances {
    /// Adds to the posted sum. `None` = the side's total would leave i64.
    pub fn post(&mut self, leg: Leg, amount: AmountMinor) -> Option<()> {
        let (pending, posted) = self.side(leg);
        let sum = posted.checked_add(amount.get())?;
        sum.checked_add(*pending)?;
        *posted = sum;
        Some(())
    }

    /// Adds to the pending sum. `None` = the side's total would leave i64.
    pub fn hold(&mut self, leg: Leg, amount: AmountMinor) -> Option<()> {
        let (pending, posted) = self.side(leg);
        let sum = pending.checked_add(amount.get())?;
        sum.checked_add(*posted)?;
        *pending = sum;
        Some(())
    }

    /// Takes from the pending sum. `None` = less than `amount` is pending.
    pub fn release(&mut self, leg: Leg, amount: AmountMinor) -> Option<()> {
        let (pending, _) = self.side(leg);
        *pending = pending.checked_sub(amount.get()).filter(|rest| *rest >= 0)?;
        Some(())
    }

    fn side(&mut self, leg: Leg) -> (&mut i64, &mut i64) {
        match leg {
            Leg::Debit => (&mut self.debits_pending, &mut self.debits_posted),
            Leg::Credit => (&mut self.credits_pending, &mut self.credits_posted),
        }
    }
}

/// An account as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    pub terms: AccountTerms,
    pub balances: Balances,
    pub created: UnixMicros,
}

impl Account {
    pub fn opened(terms: AccountTerms, created: UnixMicros) -> Self {
        Self { terms, balances: Balances::default(), created }
    }

    /// May a new posted or pending transfer touch this account?
    pub fn open_for_new(&self) -> Result<(), Reason> {
        self.open_for_resolution()?;
        if self.terms.flags.frozen { Err(Reason::AccountFrozen) } else { Ok(()) }
    }

    /// May a pending transfer of this account be posted or voided?
    pub fn open_for_resolution(&self) -> Result<(), Reason> {
        if self.terms.flags.closed { Err(Reason::AccountClosed) } else { Ok(()) }
    }

    /// Checks the account's rules after a new amount was added on `leg`. Only posted sums of the other side count:
    /// money that may still be voided must not be spent.
    pub fn within_rules(&self, leg: Leg) -> Result<(), Reason> {
        let b = &self.balances;
        let debits = i128::from(b.debits_pending) + i128::from(b.debits_posted);
        let credits = i128::from(b.credits_pending) + i128::from(b.credits_posted);
        let limit = i128::from(self.terms.credit_limit_minor);
        match leg {
            Leg::Debit => {
                if self.terms.flags.debits_must_not_exceed_credits && debits > i128::from(b.credits_posted) {
                    return Err(Reason::BalanceExceeded);
                }
                if limit > 0 && debits - i128::from(b.credits_posted) > limit {
                    return Err(Reason::CreditLimitExceeded);
                }
            }
            Leg::Credit => {
                if self.terms.flags.credits_must_not_exceed_debits && credits > i128::from(b.debits_posted) {
                    return Err(Reason::BalanceExceeded);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_never_overflows_and_never_goes_below_zero() {
        let one = AmountMinor::new(1).unwrap();
        let mut full = Balances { debits_pending: 1, debits_posted: i64::MAX - 1, ..Balances::default() };
        assert_eq!(full.post(Leg::Debit, one), None);
        assert_eq!(full.hold(Leg::Debit, one), None);
        assert_eq!(full.release(Leg::Debit, one), Some(()));
        assert_eq!(full.release(Leg::Debit, one), None);
        assert_eq!(full.hold(Leg::Credit, one), Some(()));
    }
}
