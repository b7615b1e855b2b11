//! Three days before something is due on a payer's account in the shop, they are told once.

use crate::collection::house;
use crate::outbox::message::Purpose;
use crate::store::Tx;
use crate::texts::{Voice, payer_texts, to, unwritable};
use crate::values::ids::{MessageId, PayerId};
use crate::values::money::Money;
use crate::values::refusal::Result;

pub fn remind(tx: &mut Tx, voice: &Voice, id: PayerId, message: MessageId) -> Result<()> {
    let today = voice.quiet.local_day(tx.now);
    let Some(due) = tx.house_account(id)?.reminder(today) else { return Ok(()) };
    let mut payer = tx.payer(id)?;
    if !voice.may_send_unasked(&payer, tx.now) {
        return Ok(());
    }
    let amount = Money::new(due.minor, tx.deduction(due.sale)?.currency);
    let text = payer_texts::due(payer.language, voice.shop(&payer), amount, due.on).map_err(unwritable)?;
    voice.count_unasked(&mut payer, tx.now);
    let window = voice.window(tx.now, None);
    tx.send(to(&payer, message, text, Purpose::Notice, None, Vec::new(), window).as_ref())?;
    tx.put_payer("system", &payer)?;
    house::note_reminder(tx, id, today)
}
