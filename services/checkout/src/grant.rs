//! What a right PIN gives: leave for one act. Who gave it is told only by putting it on the record, so no approved
//! change can be stored without its facts.

use chit_proto::ledger::v1::FactKind;

use crate::dialogue::witness::witness;
use crate::domain::approval::Act;
use crate::domain::name::Named;
use crate::domain::refusal::Result;
use crate::store::Tx;

pub struct Grant {
    act: Act,
    approver: String,
}

impl Grant {
    pub fn new(act: Act, approver: &str) -> Self {
        Self { act, approver: approver.to_owned() }
    }

    /// The ledger witnesses the Approval, in the transaction of what was approved; returns the approver. What is hashed
    /// stands in the events of this transaction, but for the act: whoever has them can prove it.
    pub fn record(self, tx: &mut Tx, subject_id: &str) -> Result<String> {
        let text = format!("{}/{subject_id}/{}/{}", self.act.name(), self.approver, tx.now_ms);
        witness(tx, FactKind::Approval, subject_id, &text, &self.approver)?;
        Ok(self.approver)
    }
}

/// Of two different people.
pub struct JointGrant {
    pub(crate) approver: Grant,
    pub(crate) witness: Grant,
}

impl JointGrant {
    /// One fact for each of them.
    pub fn record(self, tx: &mut Tx, subject_id: &str) -> Result<(String, String)> {
        Ok((self.approver.record(tx, subject_id)?, self.witness.record(tx, subject_id)?))
    }
}
