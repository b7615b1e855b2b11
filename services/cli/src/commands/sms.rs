//! `chit sms`: the PC that drives the SMS terminal.

use std::io::Read as _;
use std::time::Duration;

use chit_proto::sms_gateway::v1::{
    ListInboundRequest, ListUndecodedRequest, MessageClass, OnUnknown, SendMessageRequest,
};
use clap::{Subcommand, ValueEnum};

use super::{sms_modem, sms_outbox, sms_send, sms_test};
use crate::failure::Failure;
use crate::ids;
use crate::shop::{Shop, ask};
use crate::view;

/// One part of GSM-7 has 160 characters; more bytes than this are no SMS.
const TEXT_LEN_MAX: u64 = 4096;

#[derive(Subcommand, Debug)]
pub enum SmsCommand {
    /// Queue one SMS. The text is an argument, or read from standard input.
    Send {
        /// Recipient in E.164, for example +8613800005678.
        #[arg(long)]
        to: String,
        /// What may happen when the outcome is unknown.
        #[arg(long, value_enum, default_value_t = Class::Notice)]
        class: Class,
        /// 1 goes first, 9 last; 0 = by class.
        #[arg(long, value_name = "1..9", default_value_t = 0)]
        priority: u32,
        /// What happens when the outcome is unknown, if not what the class says.
        #[arg(long, value_enum)]
        on_unknown: Option<WhenUnknown>,
        /// Let a long text go in at most so many parts (not a challenge).
        #[arg(long, value_name = "N", default_value_t = 1)]
        parts_max: u32,
        /// Wait at most so many seconds until the network took it or refused it.
        #[arg(long, value_name = "S", default_value_t = 0)]
        wait: u64,
        /// ULID of the message; the same id is never sent twice [default: a fresh one].
        #[arg(long, value_name = "ULID")]
        message_id: Option<String>,
        /// Text; left out = standard input.
        text: Option<String>,
    },
    /// Send an SMS to the shop's own number and wait until it comes back: both ways of the modem, and how long they take.
    Test {
        /// The number of the SIM in the modem, in E.164. It pays for one SMS.
        #[arg(long, value_name = "NUMBER")]
        to: String,
        /// Wait at most so many seconds.
        #[arg(long, value_name = "S", default_value_t = 180)]
        wait: u64,
    },
    /// Show what was received.
    #[command(subcommand)]
    Inbox(InboxCommand),
    /// Show messages that were queued, newest first, and decide about them.
    #[command(subcommand)]
    Outbox(sms_outbox::OutboxCommand),
    /// Show the modems, and help one that needs a person.
    #[command(subcommand)]
    Modem(sms_modem::ModemCommand),
}

#[derive(Subcommand, Debug)]
pub enum InboxCommand {
    /// List received SMS, newest first.
    List {
        /// At most this many, 1 to 1000.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// List PDUs that could not be read instead, as they came.
        #[arg(long)]
        undecoded: bool,
    },
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub enum WhenUnknown {
    /// A person decides.
    Hold,
    /// The same text goes once more after 120 s, flagged.
    ResendOnce,
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
        SmsCommand::Send { to, class, priority, on_unknown, parts_max, wait, message_id, text } => {
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
                priority,
                on_unknown: match on_unknown {
                    None => OnUnknown::Unspecified,
                    Some(WhenUnknown::Hold) => OnUnknown::Hold,
                    Some(WhenUnknown::ResendOnce) => OnUnknown::ResendOnce,
                }
                .into(),
                parts_max,
                ..SendMessageRequest::default()
            };
            sms_send::run(shop, request, Duration::from_secs(wait)).await
        }
        SmsCommand::Test { to, wait } => sms_test::run(shop, to, Duration::from_secs(wait)).await,
        SmsCommand::Inbox(InboxCommand::List { limit, undecoded: false }) => inbox(shop, limit).await,
        SmsCommand::Inbox(InboxCommand::List { limit, undecoded: true }) => undecoded(shop, limit).await,
        SmsCommand::Outbox(command) => sms_outbox::run(shop, command).await,
        SmsCommand::Modem(command) => sms_modem::run(shop, command).await,
    }
}

fn from_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().take(TEXT_LEN_MAX).read_to_string(&mut text);
    read.map_err(|error| Failure::usage(format!("cannot read the text from standard input: {error}")))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
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

async fn undecoded(shop: &Shop, limit: u32) -> Result<(), Failure> {
    let client = shop.sms();
    let request = ListUndecodedRequest { page_size: limit, page_token: String::new() };
    let undecoded = ask!(client.list_undecoded(request)).await?.undecoded;
    let text = match undecoded.is_empty() {
        true => "every PDU could be read".to_owned(),
        false => undecoded.iter().map(|raw| view::undecoded_text(raw, &shop.shared.time_zone)).collect(),
    };
    let value = undecoded.iter().map(view::undecoded_json).collect::<Vec<_>>();
    shop.output.result(text, &serde_json::json!({ "undecoded": value }));
    Ok(())
}
