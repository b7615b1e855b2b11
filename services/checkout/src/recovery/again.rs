//! A debit that was not paid is presented again, after its payer was told on which day.

use crate::collection::{After, Deduction, State};
use crate::outbox::message::Purpose;
use crate::store::Tx;
use crate::texts::{Voice, payer_texts, sale_line, to, unwritable};
use crate::values::ids::{MessageId, SaleId};
use crate::values::refusal::Result;

/// The payer has to be told.
pub fn is_due(deduction: &Deduction) -> bool {
    !deduction.held && deduction.state == State::Returned(After::Announce)
}

pub fn announce(tx: &mut Tx, voice: &Voice, sale: SaleId, id: MessageId) -> Result<()> {
    let mut deduction = tx.deduction(sale)?;
    let mut payer = tx.payer(deduction.payer)?;
    if !is_due(&deduction) || !voice.may_send_unasked(&payer, tx.now) {
        return Ok(());
    }
    let Some(on) = voice.rail.again_on(tx.now) else {
        // The shop has no bank any more: somebody has to collect it in another way.
        deduction.state = State::Returned(After::Person);
        return tx.put_deduction("system", &deduction);
    };
    let line = sale_line(voice, &deduction);
    let text = payer_texts::again(payer.language, voice.shop(&payer), &line, on).map_err(unwritable)?;
    voice.count_unasked(&mut payer, tx.now);
    deduction.state = State::Returned(After::Again { on, message: id });
    let window = voice.window(tx.now, None);
    tx.send(to(&payer, id, text, Purpose::Notice, None, vec![sale], window).as_ref())?;
    tx.put_payer("system", &payer)?;
    tx.put_deduction("system", &deduction)
}
