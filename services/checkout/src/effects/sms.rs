//! SMS on their way to the gateway.

use std::sync::Arc;

use chit_proto::sms_gateway::v1::{CancelMessageRequest, MessageClass, SendMessageRequest};

use super::point::done;
use crate::context::Shop;
use crate::inbound::report_of;
use crate::outbox::message::{Message, Progress, Purpose};
use crate::peers::{Fault, peer};
use crate::recovery;
use crate::store::View;
use crate::values::ids::MessageId;
use crate::values::refusal::Result;
use crate::verification::{Report, progress};

/// The gateway's reason for a message whose `not_after` is past.
const TOO_LATE: &str = "NOT_AFTER_PASSED";

pub async fn send(shop: &Arc<Shop>, entry: u64, id: MessageId) -> std::result::Result<(), Fault> {
    let Some(message) = shop.store.read(move |view| still_wanted(view, id)).await? else {
        return Ok(shop.store.write(move |tx| done(tx, entry)).await?);
    };
    let report = match peer!(shop.sms.send_message(request(&message))).await.map_err(Fault::from) {
        Ok(answer) => report_of(&answer.message.unwrap_or_default()),
        // It waited in this house until its window was over, for the ledger or the gateway: the payer was not asked.
        Err(Fault::Refused { reason, .. }) if reason == TOO_LATE => Report::never_left(Progress::Expired),
        // The gateway will never take it (a number no network serves): the dialogue goes on without it.
        Err(Fault::Refused { reason, .. }) => {
            tracing::error!(message = %id, reason, "the SMS gateway refuses the message");
            Report::never_left(Progress::Failed)
        }
        Err(fault) => return Err(fault),
    };
    shop.store
        .write(move |tx| {
            progress::note(tx, &message, &report)?;
            done(tx, entry)
        })
        .await?;
    Ok(())
}

/// The message, unless it says what is no longer so: it may have waited long for the ledger or the gateway.
fn still_wanted(view: &View, id: MessageId) -> Result<Option<Message>> {
    let Some(message) = view.message(id)? else { return Ok(None) };
    let wanted = match message.purpose {
        Purpose::Challenge | Purpose::Reminder => match message.challenge {
            Some(challenge) => view.challenge(challenge)?.state.is_running(),
            None => false,
        },
        Purpose::Notice => {
            view.deductions(&message.sales)?.iter().all(|deduction| recovery::tells(deduction, id))
        }
        Purpose::Answer | Purpose::Warning => true,
    };
    Ok(wanted.then_some(message))
}

fn request(message: &Message) -> SendMessageRequest {
    let class = match message.purpose {
        Purpose::Challenge | Purpose::Reminder => MessageClass::Challenge,
        Purpose::Answer => MessageClass::Answer,
        Purpose::Notice | Purpose::Warning => MessageClass::Notice,
    };
    SendMessageRequest {
        message_id: message.id.to_string(),
        to: message.to.reveal().to_owned(),
        text: message.text.as_str().to_owned(),
        class: class as i32,
        not_before: message.window.not_before.map(chit_runtime::clock::to_proto),
        not_after: message.window.not_after.map(chit_runtime::clock::to_proto),
        subject_id: message.challenge.map(|challenge| challenge.to_string()).unwrap_or_default(),
        ..SendMessageRequest::default()
    }
}

/// Takes a message back that may still wait; one that is out cannot be taken back, and that is no error.
pub async fn cancel(shop: &Arc<Shop>, entry: u64, id: MessageId) -> std::result::Result<(), Fault> {
    let request = CancelMessageRequest { request_id: format!("cancel-{id}"), message_id: id.to_string() };
    match peer!(shop.sms.cancel_message(request)).await.map_err(Fault::from) {
        Ok(_) | Err(Fault::Refused { .. }) => Ok(shop.store.write(move |tx| done(tx, entry)).await?),
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use ulid::Ulid;

    use super::*;
    use crate::outbox::message::Window;
    use crate::values::ids::PayerId;
    use crate::values::phone::PhoneE164;
    use crate::values::sms_text::SmsText;

    #[test]
    fn the_gateway_is_told_both_ends_of_the_window() {
        let at = |ms| Timestamp::from_millisecond(ms).unwrap();
        let mut message = Message {
            id: MessageId(Ulid::from_parts(1, 2)),
            payer: PayerId([3; 8]),
            to: PhoneE164::new("+8613800005678").unwrap(),
            text: SmsText::new("hello".into()).unwrap(),
            purpose: Purpose::Challenge,
            challenge: None,
            sales: Vec::new(),
            window: Window {
                not_before: Some(at(1_795_000_000_000)),
                not_after: Some(at(1_795_003_600_000)),
            },
        };
        let asked = request(&message);
        let seconds = |time: Option<prost_types::Timestamp>| time.map(|time| time.seconds);
        assert_eq!(seconds(asked.not_before), Some(1_795_000_000));
        assert_eq!(seconds(asked.not_after), Some(1_795_003_600));
        message.window = Window::default();
        assert_eq!((request(&message).not_before, request(&message).not_after), (None, None));
    }
}
