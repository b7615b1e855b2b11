//! Why the ledger says no. The texts are constant, so that a repeated request gets the very same answer.

use std::fmt;

macro_rules! reasons {
    ($($variant:ident = $name:literal, $text:literal;)+) => {
        /// Stable reason of a refusal (`ErrorInfo.reason`), stored in the journal for refused transfers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Reason { $($variant,)+ }

        impl Reason {
            #[cfg(test)]
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            pub fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }

            /// What happened and what to do.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

reasons! {
    AccountNotFound = "ACCOUNT_NOT_FOUND", "the account does not exist: create it first";
    AccountClosed = "ACCOUNT_CLOSED", "the account is closed and takes no transfer";
    AccountFrozen = "ACCOUNT_FROZEN", "the account is frozen and takes no new transfer";
    CreditLimitExceeded = "CREDIT_LIMIT_EXCEEDED",
        "the debit account's credit limit does not allow the amount: settle or void open transfers first";
    BalanceExceeded = "BALANCE_EXCEEDED", "the account's balance does not cover the amount";
    CurrencyMismatch = "CURRENCY_MISMATCH", "a transfer and both its accounts must have one currency";
    AmountExceedsPending = "AMOUNT_EXCEEDS_PENDING", "no more than the pending amount can be posted";
    AmountOverflow = "AMOUNT_OVERFLOW", "the account's sums would leave the range of 64 bits";
    SameAccount = "SAME_ACCOUNT", "a transfer needs two different accounts";
    PendingNotFound = "PENDING_NOT_FOUND", "pending_transfer_id names no accepted transfer";
    PendingAlreadyResolved = "PENDING_ALREADY_RESOLVED", "the pending transfer was already posted or voided";
    PendingExpired = "PENDING_EXPIRED", "the pending transfer ran out of time: make a new transfer";
    NotPending = "NOT_PENDING", "pending_transfer_id names a transfer that was never pending";
    ExistsWithDifferentBody = "EXISTS_WITH_DIFFERENT_BODY",
        "the id was used before with another body: choose a new id for a new request";
    LinkedFailed = "LINKED_FAILED",
        "some transfers of the batch exist already and some do not: a batch is repeated whole or not at all";
}

/// A refusal as the caller sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: Reason,
    /// Field that differs from the first request, for [`Reason::ExistsWithDifferentBody`].
    pub field: Option<&'static str>,
    /// Place of the refused transfer in its batch.
    pub index: Option<usize>,
}

impl Refusal {
    pub const fn different(field: &'static str) -> Self {
        Self { reason: Reason::ExistsWithDifferentBody, field: Some(field), index: None }
    }

    pub const fn at(self, index: usize) -> Self {
        Self { index: Some(index), ..self }
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, field: None, index: None }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(index) = self.index {
            write!(f, "transfers[{index}], so none of the batch: ")?;
        }
        f.write_str(self.reason.text())?;
        match self.field {
            Some(field) => write!(f, " ({field} differs)"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_survives_the_journal() {
        for reason in Reason::ALL {
            assert_eq!(Reason::parse(reason.as_str()), Some(*reason));
        }
    }
}
