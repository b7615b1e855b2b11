//! SMS. Numbers and texts of incoming ones are shown to the person who asked, and go nowhere else.

use chit_proto::sms_gateway::v1::{Inbound, Message};
use serde_json::{Value, json};

use super::{local_time, short, table, time};

pub fn message_text(message: &Message) -> String {
    let duplicate = if message.possible_duplicate { " (may have been sent twice)" } else { "" };
    table(&[
        ("message", message.message_id.clone()),
        ("state", format!("{}{duplicate}", state(message))),
        (
            "length",
            format!("{} characters, {}", message.text_chars, encoding(message.encoding().as_str_name())),
        ),
        ("why", message.failure_reason.clone()),
    ])
}

pub fn message_json(message: &Message) -> Value {
    json!({
        "message_id": message.message_id,
        "class": short(message.class().as_str_name(), "MESSAGE_CLASS_"),
        "state": state(message),
        "text_chars": message.text_chars,
        "encoding": encoding(message.encoding().as_str_name()),
        "submits": message.submits,
        "possible_duplicate": message.possible_duplicate,
        "subject_id": message.subject_id,
        "failure_reason": message.failure_reason,
        "create_time": time(message.create_time.as_ref()),
        "submit_time": time(message.submit_time.as_ref()),
        "deliver_time": time(message.deliver_time.as_ref()),
    })
}

fn state(message: &Message) -> &'static str {
    short(message.state().as_str_name(), "MESSAGE_STATE_")
}

fn encoding(name: &str) -> &str {
    short(name, "ENCODING_")
}

pub fn inbound_text(inbound: &Inbound, time_zone: &str) -> String {
    let when = local_time(inbound.receive_time.as_ref(), time_zone);
    let part = if inbound.complete { "" } else { " (parts are missing)" };
    format!("{:>6}  {when}  {}{part}\n        {}\n", inbound.seq, inbound.from_raw, printable(&inbound.text))
}

pub fn inbound_json(inbound: &Inbound) -> Value {
    json!({
        "seq": inbound.seq,
        "from_raw": inbound.from_raw,
        "from_e164": inbound.from_e164,
        "sender_kind": short(inbound.sender_kind().as_str_name(), "SENDER_KIND_"),
        "text": inbound.text,
        "complete": inbound.complete,
        "encoding": encoding(inbound.encoding().as_str_name()),
        "receive_time": time(inbound.receive_time.as_ref()),
    })
}

/// Whoever sends an SMS must not be able to steer the terminal it is read on.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}
