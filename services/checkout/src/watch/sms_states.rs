//! What became of the messages we sent.

use std::sync::Arc;

use chit_proto::sms_gateway::v1::{Encoding, Message, MessageState, WatchMessagesRequest};

use super::for_ever;
use crate::dialogue::asking::VALID_MS;
use crate::dialogue::rounds::{self, Notice};
use crate::dialogue::warning;
use crate::domain::dialogue::{ChallengeState, OutMessage, Purpose};
use crate::domain::name::Named;
use crate::domain::refusal::Result;
use crate::domain::sale::{SaleState, SmsTrace};
use crate::saga::Fault;
use crate::shop::Shop;
use crate::store::{Rows, Tx};

const CURSOR: &str = "sms_revision";
/// A message the network refuses for ever is not tried again on the same day.
const AFTER_FAILURE_MS: i64 = 12 * 3_600_000;

pub async fn run(shop: Arc<Shop>) {
    for_ever(&shop, "messages", || listen(&shop)).await;
}

async fn listen(shop: &Arc<Shop>) -> std::result::Result<(), Fault> {
    let after_revision = shop.store.read(|rows| rows.number(CURSOR)).await?;
    let mut sms = shop.far.sms.clone();
    let request = WatchMessagesRequest { after_revision };
    let mut changes = sms.watch_messages(request).await?.into_inner();
    while let Some(change) = changes.message().await? {
        let Some(known) = change.message else { continue };
        shop.store
            .write(move |tx| {
                if let Some(message) = tx.message(&known.message_id)? {
                    note(tx, &message, &known)?;
                }
                tx.set_number(CURSOR, known.revision.max(tx.number(CURSOR)?))
            })
            .await?;
        shop.wake.notify_one();
    }
    Ok(())
}

/// Writes a message's state to the sales it is about, or to the payer it warns, and moves its challenge.
pub fn note(tx: &mut Tx, message: &OutMessage, known: &Message) -> Result<()> {
    for sale_id in &message.sale_ids {
        let mut sale = tx.sale(sale_id)?;
        let before = sale.clone();
        sale.trace_sms(trace(message, known));
        if message.purpose() == Purpose::Notice {
            rounds::noticed(
                &mut sale,
                &message.message_id,
                became(known.state()),
                submitted_ms(known, 0, tx.now_ms),
            );
        }
        if message.purpose() == Purpose::Challenge
            && is_out(known.state())
            && sale.state() == SaleState::Queued
        {
            let asked_by_this = sale.challenge_id == message.challenge_id && !sale.held_by_dispute;
            if asked_by_this && tx.challenge(&message.challenge_id)?.state().is_running() {
                sale.advance(SaleState::Challenged)?;
            }
        }
        if sale != before {
            tx.put_sale("system", &sale)?;
        }
    }
    match message.purpose() {
        Purpose::Challenge => note_challenge(tx, message, known),
        Purpose::Warning => warning::note(tx, message, known),
        _ => Ok(()),
    }
}

fn note_challenge(tx: &mut Tx, message: &OutMessage, known: &Message) -> Result<()> {
    let mut challenge = tx.challenge(&message.challenge_id)?;
    if known.state() == MessageState::Delivered && !challenge.delivered {
        challenge.delivered = true;
        tx.put_challenge("system", &challenge)?;
    }
    if !challenge.state().is_running() {
        return Ok(());
    }
    match known.state() {
        // The network does not know this number, or refuses it: a round without a reply.
        MessageState::Failed => {
            let not_before = tx.now_ms + AFTER_FAILURE_MS;
            rounds::end(tx, &mut challenge, ChallengeState::Expired, not_before)
        }
        // It never left this house: the payer was not asked.
        MessageState::Expired | MessageState::Cancelled => rounds::call_off(tx, &mut challenge, "system", 0),
        state if is_out(state) && challenge.state() == ChallengeState::Sending => {
            challenge.state = ChallengeState::Open as i32;
            challenge.submit_ms = submitted_ms(known, challenge.create_ms, tx.now_ms);
            challenge.expire_ms = challenge.submit_ms + VALID_MS;
            tx.put_challenge("system", &challenge)
        }
        _ => Ok(()),
    }
}

/// When the network took it, as the gateway says; an unknown outcome has no such time.
fn submitted_ms(known: &Message, from_ms: i64, now_ms: i64) -> i64 {
    let submitted = known.submit_time.as_ref().and_then(chit_runtime::clock::from_proto);
    submitted.map_or(now_ms, |at| at.as_millisecond().clamp(from_ms.min(now_ms), now_ms))
}

fn became(state: MessageState) -> Notice {
    match state {
        MessageState::Submitted | MessageState::Delivered | MessageState::ReportTimeout => Notice::Out,
        MessageState::Failed | MessageState::Undelivered => Notice::Undeliverable,
        MessageState::Expired | MessageState::Cancelled => Notice::NotSent,
        _ => Notice::NotKnown,
    }
}

/// The gateway refused it for ever.
pub fn never_sent(tx: &mut Tx, message: &OutMessage) -> Result<()> {
    let refused = Message {
        message_id: message.message_id.clone(),
        state: MessageState::Failed as i32,
        ..Message::default()
    };
    note(tx, message, &refused)
}

/// The payer may have it: handed to the network, or nobody knows.
fn is_out(state: MessageState) -> bool {
    matches!(
        state,
        MessageState::Submitted
            | MessageState::Delivered
            | MessageState::Undelivered
            | MessageState::ReportTimeout
            | MessageState::Unknown
    )
}

fn trace(message: &OutMessage, known: &Message) -> SmsTrace {
    SmsTrace {
        message_id: message.message_id.clone(),
        inbound: false,
        state: known.state().as_str_name().trim_start_matches("MESSAGE_STATE_").to_owned(),
        text_chars: known.text_chars,
        encoding: encoding(known.encoding()),
        purpose: message.purpose().name(),
        revision: known.revision,
    }
}

pub fn encoding(encoding: Encoding) -> String {
    encoding.as_str_name().trim_start_matches("ENCODING_").to_owned()
}
