//! `chit sms outbox`: what a person decides about messages.

use std::io::{self, IsTerminal as _, Write as _};

use chit_proto::sms_gateway::v1::{
    CancelMessageRequest, ConfirmDeliveredRequest, GetMessageRequest, HoldMessageRequest,
    ListMessagesRequest, Message, MessageState, ReleaseMessageRequest, ResendMessageRequest,
};
use clap::Subcommand;

use crate::failure::Failure;
use crate::output::visible;
use crate::shop::{Shop, ask};
use crate::view;

/// What the gateway gives at once.
const PAGE_SIZE: u32 = 1000;

#[derive(Subcommand, Debug)]
pub enum OutboxCommand {
    /// List messages, newest first.
    List {
        /// Only those that need a person: UNKNOWN, or held.
        #[arg(long)]
        attention: bool,
        /// At most this many, 1 to 1000.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// Show one message.
    Show {
        /// ULID of the message.
        message_id: String,
    },
    /// Keep a waiting message from being sent.
    Hold {
        /// ULID of the message.
        message_id: String,
    },
    /// Let a held message go.
    Release {
        /// ULID of the message.
        message_id: String,
    },
    /// Send a message again that is UNKNOWN, UNDELIVERED, FAILED or without its report. The recipient may get it twice.
    Resend {
        /// ULID of the message.
        message_id: String,
        /// Do not ask whether a second copy is all right.
        #[arg(long)]
        yes: bool,
    },
    /// Say that a message arrived: the recipient said so.
    Confirm {
        /// ULID of the message.
        message_id: String,
    },
    /// Cancel a waiting message.
    Cancel {
        /// ULID of the message.
        message_id: String,
    },
}

pub async fn run(shop: &Shop, command: OutboxCommand) -> Result<(), Failure> {
    let (client, request_id) = (shop.sms(), shop.request_id());
    let message = match command {
        OutboxCommand::List { attention, limit } => return list(shop, attention, limit as usize).await,
        OutboxCommand::Show { message_id } => get(shop, message_id).await?,
        OutboxCommand::Hold { message_id } => {
            ask!(client.hold_message(HoldMessageRequest { request_id, message_id })).await?.message
        }
        OutboxCommand::Release { message_id } => {
            ask!(client.release_message(ReleaseMessageRequest { request_id, message_id })).await?.message
        }
        OutboxCommand::Resend { message_id, yes } => {
            let before = get(shop, message_id.clone()).await?.unwrap_or_default();
            let accept_duplicate = yes || before.state() == MessageState::Failed || agreed(&before)?;
            let request = ResendMessageRequest { request_id, message_id, accept_duplicate };
            ask!(client.resend_message(request)).await?.message
        }
        OutboxCommand::Confirm { message_id } => {
            let request = ConfirmDeliveredRequest { request_id, message_id };
            ask!(client.confirm_delivered(request)).await?.message
        }
        OutboxCommand::Cancel { message_id } => {
            ask!(client.cancel_message(CancelMessageRequest { request_id, message_id })).await?.message
        }
    };
    let message = message.unwrap_or_default();
    shop.output.result(view::message_text(&message), &view::message_json(&message));
    Ok(())
}

async fn get(shop: &Shop, message_id: String) -> Result<Option<Message>, Failure> {
    let client = shop.sms();
    Ok(ask!(client.get_message(GetMessageRequest { message_id })).await?.message)
}

async fn list(shop: &Shop, attention: bool, limit: usize) -> Result<(), Failure> {
    let client = shop.sms();
    let (mut messages, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListMessagesRequest { page_size: PAGE_SIZE, page_token, subject_id: String::new() };
        let page = ask!(client.list_messages(request)).await?;
        let wanted = |message: &Message| !attention || needs_person(message);
        messages.extend(page.messages.into_iter().filter(wanted));
        page_token = page.next_page_token;
        if page_token.is_empty() || messages.len() >= limit {
            break;
        }
    }
    messages.truncate(limit);
    let text = match messages.is_empty() {
        true => "no such message".to_owned(),
        false => messages.iter().map(|message| view::message_line(message, &shop.shared.time_zone)).collect(),
    };
    let value = messages.iter().map(view::message_json).collect::<Vec<_>>();
    shop.output.result(text, &serde_json::json!({ "messages": value }));
    Ok(())
}

fn needs_person(message: &Message) -> bool {
    message.held || message.state() == MessageState::Unknown
}

/// At a terminal only; a script says `--yes`.
fn agreed(message: &Message) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(
            "the recipient may get the same text twice; --yes says that this is all right",
        ));
    }
    let failed = |error: io::Error| Failure::other("TERMINAL", error.to_string());
    eprint!(
        "{}The recipient may get this text twice. Send it again? [y/N] ",
        visible(&view::message_text(message))
    );
    io::stderr().flush().map_err(failed)?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(failed)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        return Ok(true);
    }
    Err(Failure::refused("NOT_AGREED", "nothing was sent"))
}
