//! Messages to payers, within what a payer has to bear: nothing at night, two unasked a day, six answers a day.

use jiff::civil::Date;

use super::facts::timestamp;
use crate::domain::dialogue::{OutMessage, Purpose};
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::payer_texts::Answer;
use crate::domain::people::Payer;
use crate::domain::quiet_hours::{ANSWERS_A_DAY_MAX, DailyCount, QuietHours, UNASKED_A_DAY_MAX};
use crate::domain::refusal::{Refusal, Result};
use crate::domain::sms_text::{Language, SmsText};
use crate::store::Tx;

/// What a message needs to know of the shop.
#[derive(Clone)]
pub struct Voice {
    pub shop_zh: String,
    pub shop_en: String,
    pub quiet: QuietHours,
}

impl Voice {
    pub fn language(payer: &Payer) -> Language {
        if payer.is_chinese() { Language::Chinese } else { Language::English }
    }

    pub fn shop(&self, payer: &Payer) -> &str {
        if payer.is_chinese() { &self.shop_zh } else { &self.shop_en }
    }
}

/// May a message that he did not ask for go out now?
pub fn may_send_unasked(payer: &Payer, voice: &Voice, now_ms: i64) -> Result<bool> {
    let now = timestamp(now_ms)?;
    let today = voice.quiet.local_day(now);
    let count = daily(&payer.unasked_day, payer.unasked_count);
    Ok(!voice.quiet.is_quiet(now) && count.admit(today, UNASKED_A_DAY_MAX).is_some())
}

pub fn count_unasked(payer: &mut Payer, voice: &Voice, now_ms: i64) -> Result<()> {
    let today = voice.quiet.local_day(timestamp(now_ms)?);
    if let Some(count) = daily(&payer.unasked_day, payer.unasked_count).admit(today, UNASKED_A_DAY_MAX) {
        payer.unasked_day = today.to_string();
        payer.unasked_count = u32::from(count.sent);
    }
    Ok(())
}

fn daily(day: &str, sent: u32) -> DailyCount {
    DailyCount { day: day.parse::<Date>().ok(), sent: u8::try_from(sent).unwrap_or(u8::MAX) }
}

/// One answer a message of his, at most six a day; more are swallowed.
pub fn answer(
    tx: &mut Tx,
    payer: &mut Payer,
    voice: &Voice,
    message_id: &str,
    answer: &Answer,
    sale_ids: Vec<String>,
) -> Result<()> {
    let today = voice.quiet.local_day(timestamp(tx.now_ms)?);
    let Some(count) = daily(&payer.answers_day, payer.answers_count).admit(today, ANSWERS_A_DAY_MAX) else {
        return Ok(());
    };
    payer.answers_day = today.to_string();
    payer.answers_count = u32::from(count.sent);
    let text = answer.text(Voice::language(payer), voice.shop(payer)).map_err(unwritable)?;
    send(tx, payer, message_id, text, Purpose::Answer, "", sale_ids, 0)
}

#[expect(
    clippy::too_many_arguments,
    reason = "a message has these parts; a struct would only name them once more"
)]
pub fn send(
    tx: &mut Tx,
    payer: &Payer,
    message_id: &str,
    text: SmsText,
    purpose: Purpose,
    challenge_id: &str,
    sale_ids: Vec<String>,
    not_after_ms: i64,
) -> Result<()> {
    let message = OutMessage {
        message_id: message_id.to_owned(),
        to: payer.phone.clone(),
        text: text.as_str().to_owned(),
        purpose: purpose as i32,
        challenge_id: challenge_id.to_owned(),
        sale_ids,
        not_after_ms,
        payer_id: payer.payer_id.clone(),
    };
    tx.put_message(&message)?;
    tx.push(&Effect::new(EffectKind::SendMessage, message_id))
}

pub fn unwritable(error: impl std::fmt::Display) -> Refusal {
    Refusal::internal(format!("a text for a payer cannot be written: {error}"))
}
