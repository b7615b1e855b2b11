//! `chit sms send`: one SMS, and what became of it.

use std::time::Duration;

use chit_proto::sms_gateway::v1::{Message, MessageState, SendMessageRequest, WatchMessagesRequest};
use tokio::time::timeout;

use crate::failure::Failure;
use crate::shop::{Shop, ask};
use crate::view;

pub async fn run(shop: &Shop, request: SendMessageRequest, wait: Duration) -> Result<(), Failure> {
    let client = shop.sms();
    let mut message = ask!(client.send_message(request)).await?.message.unwrap_or_default();
    if !wait.is_zero() && is_under_way(&message) {
        // The time is up: its state now is the answer.
        if let Ok(settled) = timeout(wait, settled(shop, &message)).await {
            message = settled?;
        }
    }
    shop.output.result(view::message_text(&message), &view::message_json(&message));
    match message.state() {
        MessageState::Failed | MessageState::Expired => Err(Failure::other(
            "SMS_NOT_SENT",
            format!("the message was not sent: {}", message.failure_reason),
        )),
        _ => Ok(()),
    }
}

pub fn is_under_way(message: &Message) -> bool {
    use MessageState::{Queued, RetryWait, Submitting, Unspecified};
    matches!(message.state(), Queued | Submitting | RetryWait | Unspecified)
}

pub async fn settled(shop: &Shop, message: &Message) -> Result<Message, Failure> {
    let request = WatchMessagesRequest { after_revision: message.revision.saturating_sub(1) };
    let mut changes = shop.sms().watch_messages(request).await?.into_inner();
    while let Some(change) = changes.message().await? {
        let changed = change.message.unwrap_or_default();
        if changed.message_id == message.message_id && !is_under_way(&changed) {
            return Ok(changed);
        }
    }
    Err(Failure::other("SERVICE_STOPPING", "sms-gateway restarted; the message is kept, see its state later"))
}
