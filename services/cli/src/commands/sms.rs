//! `chit sms`: the PC that drives the SMS terminal.

use std::io::Read as _;
use std::time::Duration;

use chit_proto::sms_gateway::v1::{
    ListInboundRequest, Message, MessageClass, MessageState, SendMessageRequest, WatchMessagesRequest,
};
use clap::{Subcommand, ValueEnum};
use tokio::time::timeout;

use crate::failure::Failure;
use crate::ids;
use crate::shop::{Shop, ask};
use crate::view;

/// One part of GSM-7 has 160 characters; more bytes than this are no SMS.
const TEXT_LEN_MAX: u64 = 4096;

#[derive(Subcommand, Debug)]
pub enum SmsCommand {
    /// Send one SMS of one part. The text is an argument, or read from standard input.
    Send {
        /// Recipient in E.164, for example +8613800005678.
        #[arg(long)]
        to: String,
        /// What may happen when the outcome is unknown.
        #[arg(long, value_enum, default_value_t = Class::Notice)]
        class: Class,
        /// Wait at most so many seconds until the network took it or refused it.
        #[arg(long, value_name = "S", default_value_t = 0)]
        wait: u64,
        /// ULID of the message; the same id is never sent twice [default: a fresh one].
        #[arg(long, value_name = "ULID")]
        message_id: Option<String>,
        /// Text; left out = standard input.
        text: Option<String>,
    },
    /// Show received SMS, newest first.
    Inbox {
        /// At most this many, 1 to 1000.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub enum Class {
    /// Sent once more after 120 s, same text, flagged.
    Challenge,
    /// Held for a person.
    Notice,
    /// Held.
    Answer,
}

pub async fn run(shop: &Shop, command: SmsCommand) -> Result<(), Failure> {
    match command {
        SmsCommand::Send { to, class, wait, message_id, text } => {
            let text = text.map_or_else(from_stdin, Ok)?;
            let class = match class {
                Class::Challenge => MessageClass::Challenge,
                Class::Notice => MessageClass::Notice,
                Class::Answer => MessageClass::Answer,
            };
            let message_id = message_id.map_or_else(ids::ulid, Ok)?;
            let request = SendMessageRequest {
                message_id,
                to,
                text,
                class: class.into(),
                ..SendMessageRequest::default()
            };
            send(shop, request, Duration::from_secs(wait)).await
        }
        SmsCommand::Inbox { limit } => inbox(shop, limit).await,
    }
}

fn from_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().take(TEXT_LEN_MAX).read_to_string(&mut text);
    read.map_err(|error| Failure::usage(format!("cannot read the text from standard input: {error}")))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

async fn send(shop: &Shop, request: SendMessageRequest, wait: Duration) -> Result<(), Failure> {
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

fn is_under_way(message: &Message) -> bool {
    use MessageState::{Queued, RetryWait, Submitting, Unspecified};
    matches!(message.state(), Queued | Submitting | RetryWait | Unspecified)
}

async fn settled(shop: &Shop, message: &Message) -> Result<Message, Failure> {
    let request = WatchMessagesRequest { after_revision: message.revision.saturating_sub(1) };
    let request = chit_runtime::client::request(request, None);
    let mut changes = shop.sms().watch_messages(request).await?.into_inner();
    while let Some(change) = changes.message().await? {
        let changed = change.message.unwrap_or_default();
        if changed.message_id == message.message_id && !is_under_way(&changed) {
            return Ok(changed);
        }
    }
    Err(Failure::other("SERVICE_STOPPING", "sms-gateway restarted; the message is kept, see its state later"))
}

async fn inbox(shop: &Shop, limit: u32) -> Result<(), Failure> {
    let client = shop.sms();
    let request = ListInboundRequest { page_size: limit, page_token: String::new() };
    let inbound = ask!(client.list_inbound(request)).await?.inbound;
    let text = match inbound.is_empty() {
        true => "no SMS was received yet".to_owned(),
        false => inbound.iter().map(|sms| view::inbound_text(sms, &shop.shared.time_zone)).collect(),
    };
    let value = inbound.iter().map(view::inbound_json).collect::<Vec<_>>();
    shop.output.result(text, &serde_json::json!({ "inbound": value }));
    Ok(())
}
