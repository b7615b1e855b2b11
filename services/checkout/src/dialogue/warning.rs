//! The warning to the number a payer had when his phone or card was changed. Whoever was robbed learns of it by this SMS
//! alone, so its end is on his record, and one that never left is sent again while nothing is sold to him.

use chit_proto::sms_gateway::v1::{Message, MessageState};

use crate::domain::dialogue::OutMessage;
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::people::{ChangeWarning, Payer};
use crate::domain::refusal::Result;
use crate::store::{Rows, Tx};

pub const SENDS_MAX: u32 = 3;
/// A network that refuses now refuses a second later, too.
const AGAIN_AFTER_MS: i64 = 3_600_000;

/// The newest change's warning is on its way.
pub fn begin(payer: &mut Payer, message_id: &str, now_ms: i64) {
    payer.warning_sends = 0;
    on_its_way(payer, message_id, now_ms);
}

fn on_its_way(payer: &mut Payer, message_id: &str, now_ms: i64) {
    payer.change_warning = ChangeWarning::Queued as i32;
    message_id.clone_into(&mut payer.warning_message_id);
    payer.warning_sends += 1;
    payer.warning_ms = now_ms;
    payer.warning_revision = 0;
}

/// Writes what became of it to the payer.
pub fn note(tx: &mut Tx, message: &OutMessage, known: &Message) -> Result<()> {
    let mut payer = tx.payer(&message.payer_id)?;
    let state = became(known.state());
    if payer.warning_message_id != message.message_id
        || known.revision < payer.warning_revision
        || payer.change_warning() == state
    {
        return Ok(());
    }
    // A person took it back, or decided about one that may have left: it is not sent again behind him (I11).
    if known.state() == MessageState::Cancelled || payer.change_warning() == ChangeWarning::Unknown {
        payer.warning_sends = SENDS_MAX;
    }
    payer.change_warning = state as i32;
    payer.warning_revision = known.revision;
    if matches!(state, ChangeWarning::NotSent | ChangeWarning::Undelivered | ChangeWarning::Unknown) {
        tracing::error!(payer = payer.payer_id, state = ?state, "the old number was not told of a change");
    }
    tx.put_payer("system", &payer)
}

fn became(state: MessageState) -> ChangeWarning {
    match state {
        MessageState::Submitted | MessageState::ReportTimeout => ChangeWarning::Sent,
        MessageState::Delivered => ChangeWarning::Delivered,
        MessageState::Failed | MessageState::Expired | MessageState::Cancelled => ChangeWarning::NotSent,
        MessageState::Undelivered => ChangeWarning::Undelivered,
        MessageState::Unknown => ChangeWarning::Unknown,
        _ => ChangeWarning::Queued,
    }
}

/// Is it time to send it again?
pub fn is_due(payer: &Payer, now_ms: i64) -> bool {
    payer.change_warning() == ChangeWarning::NotSent
        && payer.warning_sends < SENDS_MAX
        && now_ms - payer.warning_ms >= AGAIN_AFTER_MS
        && payer.no_sales_until().is_some_and(|until| now_ms < until.as_millisecond())
}

/// The same text to the same number, as a message of its own.
pub fn again(tx: &mut Tx, payer_id: &str, message_id: &str) -> Result<()> {
    let mut payer = tx.payer(payer_id)?;
    let Some(message) = tx.message(&payer.warning_message_id)? else { return Ok(()) };
    if !is_due(&payer, tx.now_ms) {
        return Ok(());
    }
    tx.put_message(&OutMessage { message_id: message_id.to_owned(), ..message })?;
    tx.push(&Effect::new(EffectKind::SendMessage, message_id))?;
    on_its_way(&mut payer, message_id, tx.now_ms);
    tx.put_payer("system", &payer)
}
