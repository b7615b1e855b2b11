//! The embedded rail: accounts of the payers in the shop's own ledger. What is confirmed is charged there at once.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Admission, Rail};
use crate::collection::batch::Batch;
use crate::collection::deduction::{Deduction, State};
use crate::outbox::Effect;
use crate::store::{Tx, View};
use crate::values::ids::{BatchId, TransferId};
use crate::values::refusal::Result;

pub struct House;

impl Rail for House {
    fn name(&self) -> &'static str {
        "house"
    }

    fn has_bank(&self) -> bool {
        false
    }

    fn announce(&self, _: &View, _: &Deduction, _: Timestamp) -> Result<Option<Date>> {
        Ok(None)
    }

    fn again_on(&self, _: Timestamp) -> Option<Date> {
        None
    }

    fn admit(&self, _: &View, deduction: &Deduction, _: Timestamp) -> Result<Admission> {
        let confirmed = deduction.state == State::Verified;
        Ok(if confirmed { Admission::Now(None) } else { Admission::No })
    }

    /// The transfer that posts it.
    fn presentment(&self, _: BatchId, deduction: &Deduction) -> TransferId {
        deduction.resolve
    }

    fn hand_over(&self, tx: &mut Tx, batch: &Batch, _: &[(Deduction, Option<Date>)]) -> Result<()> {
        tx.push(&Effect::PostBatch { batch: batch.id })
    }
}
