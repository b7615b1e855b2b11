//! A payer's authority to debit their account at a bank.

mod steps;
pub(super) mod stored;

use chit_iso20022::pain008::Sequence;
use jiff::ToSpan;
use jiff::civil::Date;

use super::exceptions::ExceptionKind;
use crate::values::ids::{MandateId, PayerId, SaleId};

pub use steps::{NewMandate, record};

/// SEPA's rulebook (EPC 016-06, 4.1): a mandate that was not used for so long is void.
const UNUSED_MONTHS_MAX: i32 = 36;

/// Where the money is collected. Personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct BankAccount {
    pub holder: String,
    pub iban: String,
    /// None: the bank finds it by the IBAN.
    pub bic: Option<String>,
}

impl std::fmt::Debug for BankAccount {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("BankAccount(redacted)")
    }
}

impl BankAccount {
    /// Enough for a person to tell two accounts apart.
    pub fn last4(&self) -> String {
        self.iban[self.iban.len().saturating_sub(4)..].to_owned()
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mandate {
    pub id: MandateId,
    pub payer: PayerId,
    pub signed_on: Date,
    pub account: BankAccount,
    /// A debit is announced so many days before.
    pub notice_days: u8,
    /// The sale whose debit is its first one.
    pub first: Option<SaleId>,
    /// Day of its newest debit.
    pub used_on: Option<Date>,
    /// Why the bank or the payer ended it.
    pub blocked: Option<String>,
}

impl Mandate {
    pub fn sequence(&self) -> Sequence {
        if self.first.is_none() { Sequence::First } else { Sequence::Recurrent }
    }

    /// The first day on which it is void for want of use.
    pub fn expires_on(&self) -> Date {
        let since = self.used_on.unwrap_or(self.signed_on);
        since.saturating_add(UNUSED_MONTHS_MAX.months())
    }

    /// Why nothing may be collected under it on this day.
    pub fn hindrance(&self, on: Date) -> Option<ExceptionKind> {
        match &self.blocked {
            Some(_) => Some(ExceptionKind::MandateBlocked),
            None if on >= self.expires_on() => Some(ExceptionKind::MandateExpired),
            None => None,
        }
    }

    /// A debit goes to the bank.
    pub fn use_for(&mut self, sale: SaleId, on: Date) -> Sequence {
        let sequence = self.sequence();
        self.first.get_or_insert(sale);
        self.used_on = self.used_on.max(Some(on));
        sequence
    }

    /// Its first debit was not paid, so the next one is the first again.
    pub fn forget_first(&mut self, sale: SaleId) {
        if self.first == Some(sale) {
            self.first = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use ulid::Ulid;

    fn signed(on: Date) -> Mandate {
        Mandate {
            id: MandateId(Ulid::from_parts(1, 1)),
            payer: PayerId([1; 8]),
            signed_on: on,
            account: BankAccount { holder: "Ada Li".into(), iban: "NL91ABNA0417164300".into(), bic: None },
            notice_days: 14,
            first: None,
            used_on: None,
            blocked: None,
        }
    }

    #[test]
    fn a_mandate_is_void_after_36_months_without_a_debit() {
        let mut mandate = signed(date(2026, 1, 31));
        assert_eq!(mandate.hindrance(date(2029, 1, 30)), None);
        assert_eq!(mandate.hindrance(date(2029, 1, 31)), Some(ExceptionKind::MandateExpired));
        mandate.use_for(SaleId(Ulid::from_parts(2, 2)), date(2028, 6, 1));
        assert_eq!(mandate.hindrance(date(2031, 5, 31)), None);
        assert_eq!(mandate.hindrance(date(2031, 6, 1)), Some(ExceptionKind::MandateExpired));
    }

    #[test]
    fn its_first_debit_is_first_until_one_was_paid() {
        let (one, two) = (SaleId(Ulid::from_parts(2, 2)), SaleId(Ulid::from_parts(3, 3)));
        let mut mandate = signed(date(2026, 1, 31));
        assert_eq!(mandate.use_for(one, date(2026, 2, 10)), Sequence::First);
        assert_eq!(mandate.use_for(two, date(2026, 2, 10)), Sequence::Recurrent);
        mandate.forget_first(two);
        assert_eq!(mandate.sequence(), Sequence::Recurrent);
        mandate.forget_first(one);
        assert_eq!(mandate.use_for(one, date(2026, 2, 17)), Sequence::First);
    }

    #[test]
    fn what_the_payer_or_the_bank_ended_collects_nothing_and_shows_no_account() {
        let mandate = Mandate { blocked: Some("MD06".into()), ..signed(date(2026, 1, 31)) };
        assert_eq!(mandate.hindrance(date(2026, 2, 1)), Some(ExceptionKind::MandateBlocked));
        assert!(!format!("{mandate:?}").contains("0417164300"));
        assert_eq!(mandate.account.last4(), "4300");
    }
}
