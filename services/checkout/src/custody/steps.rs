//! What changes how long the film is needed. Each change is told to the keeper by an effect.

use jiff::{SignedDuration, Timestamp};

use super::record::{Custody, Enquiry};
use crate::outbox::{Effect, Hold};
use crate::store::Tx;
use crate::store::due::{Due, DueKind};
use crate::values::ids::{DisputeId, MessageId, SaleId};
use crate::values::refusal::Result;

/// After the last look at a sale: time to come back and object, with the film still there.
const ENQUIRY_KEPT: SignedDuration = SignedDuration::from_hours(72);

/// The payer's right answer came: in some profiles it ends the film.
pub fn answered(tx: &mut Tx, sale: SaleId) -> Result<()> {
    let answered_at = Some(tx.now);
    tell(tx, sale, |custody| {
        *custody = Custody { answered_at, statement: None, stated_at: None, ..custody.clone() }
    })
}

/// This message says to the payer that the sale will be deducted.
pub fn stated_by(tx: &mut Tx, sale: SaleId, message: MessageId) -> Result<()> {
    let mut custody = tx.custody(sale)?;
    custody.statement = Some(message);
    tx.put_custody(sale, &custody);
    Ok(())
}

/// A message about the sale arrived; only the one that states the deduction counts, and once.
pub fn delivered(tx: &mut Tx, sale: SaleId, message: MessageId) -> Result<()> {
    let custody = tx.custody(sale)?;
    if custody.statement != Some(message) || custody.stated_at.is_some() {
        return Ok(());
    }
    let stated_at = Some(tx.now);
    tell(tx, sale, |custody| custody.stated_at = stated_at)
}

/// Nothing is owed any more.
pub fn concluded(tx: &mut Tx, sale: SaleId) -> Result<()> {
    let concluded_at = Some(tx.now);
    tell(tx, sale, |custody| custody.concluded_at = concluded_at)
}

/// A bank returned the debit.
pub fn owed_again(tx: &mut Tx, sale: SaleId) -> Result<()> {
    tell(tx, sale, |custody| custody.concluded_at = None)
}

pub fn disputed(tx: &mut Tx, sale: SaleId, dispute: DisputeId) -> Result<()> {
    tx.push(&Effect::HoldEvidence { sale, hold: Hold::Dispute(dispute) })
}

pub fn dispute_ended(tx: &mut Tx, sale: SaleId, dispute: DisputeId) -> Result<()> {
    tx.push(&Effect::ReleaseHold { sale, hold: Hold::Dispute(dispute) })
}

/// Somebody looks a sale up: what they see must not vanish before they could object.
pub fn enquired(tx: &mut Tx, sale: SaleId, by: &str) -> Result<()> {
    let mut custody = tx.custody(sale)?;
    let ends_at = tx.now + ENQUIRY_KEPT;
    let before = custody.enquiry.replace(Enquiry { by: by.to_owned(), ends_at });
    let known: Vec<Due> = before.iter().map(|enquiry| end_of(sale, enquiry.ends_at)).collect();
    tx.reschedule(&known, &[end_of(sale, ends_at)]);
    tx.put_custody(sale, &custody);
    match before {
        Some(_) => Ok(()),
        None => tx.push(&Effect::HoldEvidence { sale, hold: Hold::Enquiry }),
    }
}

/// Nobody has asked about the sale for long enough.
pub fn end_enquiry(tx: &mut Tx, sale: SaleId) -> Result<()> {
    let mut custody = tx.custody(sale)?;
    if custody.enquiry.take_if(|enquiry| enquiry.ends_at <= tx.now).is_none() {
        return Ok(());
    }
    tx.put_custody(sale, &custody);
    tx.push(&Effect::ReleaseHold { sale, hold: Hold::Enquiry })
}

fn end_of(sale: SaleId, at: Timestamp) -> Due {
    Due::new(at, DueKind::EndEnquiry, &sale.to_bytes())
}

fn tell(tx: &mut Tx, sale: SaleId, change: impl FnOnce(&mut Custody)) -> Result<()> {
    let mut custody = tx.custody(sale)?;
    change(&mut custody);
    tx.put_custody(sale, &custody);
    tx.push(&Effect::NoteSale { sale })
}
