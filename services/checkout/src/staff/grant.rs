//! What a right PIN gives: leave for one act. Who gave it is learnt only by putting it on the record, so no approved
//! change can be stored without its facts.

use super::approval::Act;
use crate::outbox::fact::FactKind;
use crate::store::Tx;
use crate::values::name::Named;
use crate::values::refusal::Result;

pub struct Grant {
    act: Act,
    approver: String,
    self_approved: bool,
}

impl Grant {
    pub fn new(act: Act, approver: &str) -> Self {
        Self { act, approver: approver.to_owned(), self_approved: false }
    }

    /// In a shop of one person: the approver had a hand in what they approve.
    pub fn of_oneself(act: Act, approver: &str) -> Self {
        Self { self_approved: true, ..Self::new(act, approver) }
    }

    /// Enough for nothing that harms a payer's name.
    pub fn is_self_approved(&self) -> bool {
        self.self_approved
    }

    /// The ledger witnesses the Approval, in the transaction of what was approved; returns the approver. What is hashed
    /// stands in the events of this transaction, but for the act: who has them can prove it.
    pub fn record(self, tx: &mut Tx, subject: impl std::fmt::Display) -> Result<String> {
        let subject = subject.to_string();
        let mark = if self.self_approved { "/SELF_APPROVED" } else { "" };
        let text =
            format!("{}/{subject}/{}/{}{mark}", self.act.name(), self.approver, tx.now.as_millisecond());
        tx.witness_once(FactKind::Approval, subject, &text, &self.approver)?;
        Ok(if self.self_approved { format!("{} SELF_APPROVED", self.approver) } else { self.approver })
    }
}

/// Of two different people.
pub struct JointGrant {
    pub(crate) approver: Grant,
    pub(crate) witness: Grant,
}

impl JointGrant {
    /// One fact for each of them.
    pub fn record(self, tx: &mut Tx, subject: impl std::fmt::Display) -> Result<(String, String)> {
        let subject = subject.to_string();
        Ok((self.approver.record(tx, &subject)?, self.witness.record(tx, &subject)?))
    }
}
