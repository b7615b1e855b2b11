//! In a shop of one person the owner decides about their own sale. They wait a day first, and the payer is told what they
//! decided: nobody else in the shop would tell them.

use jiff::SignedDuration;

use super::case::{Dispute, DisputeState};
use crate::outbox::message::Purpose;
use crate::store::Tx;
use crate::texts::{Voice, payer_texts, to, unwritable};
use crate::values::ids::{DisputeId, MessageId};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};

/// Time for the payer to come by, or to ask somebody else.
const AFTER: SignedDuration = SignedDuration::from_hours(24);

/// Refused while the payer could not be told at once: at night, or after two messages of today.
pub fn may_be_made(tx: &Tx, voice: &Voice, id: DisputeId) -> Result<()> {
    let dispute = tx.dispute(id)?;
    let payer = tx.payer(tx.deduction(dispute.sale)?.payer)?;
    let waits = |message| Err(Refusal::new(RefusalKind::WrongState, Reason::JUDGEMENT_WAITS, message));
    if tx.now < dispute.opened_at + AFTER {
        waits("who decides about their own sale waits 24 hours from the objection")
    } else if !voice.may_send_unasked(&payer, tx.now) {
        waits("the payer could not be told now: decide by day, or tomorrow after two messages of today")
    } else {
        Ok(())
    }
}

/// After the decision.
pub fn tell(tx: &mut Tx, voice: &Voice, dispute: &Dispute, message: MessageId) -> Result<()> {
    let deduction = tx.deduction(dispute.sale)?;
    let mut payer = tx.payer(deduction.payer)?;
    let upheld = dispute.state == DisputeState::Upheld;
    let text = payer_texts::own_judgement(payer.language, voice.shop(&payer), deduction.number, upheld)
        .map_err(unwritable)?;
    voice.count_unasked(&mut payer, tx.now);
    let window = voice.window(tx.now, None);
    tx.send(to(&payer, message, text, Purpose::Answer, None, vec![dispute.sale], window).as_ref())?;
    tx.put_payer("system", &payer)
}
