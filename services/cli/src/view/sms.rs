//! SMS. Numbers and texts of incoming ones are shown to the person who asked, and go nowhere else.

use chit_proto::sms_gateway::v1::{Inbound, Message, Modem, Undecoded};
use serde_json::{Value, json};

use super::{local_time, short, table, time};

pub fn message_text(message: &Message) -> String {
    table(&[
        ("message", message.message_id.clone()),
        ("state", format!("{}{}", state(message), marks(message))),
        (
            "length",
            format!("{} characters, {}", message.text_chars, encoding(message.encoding().as_str_name())),
        ),
        ("why", message.failure_reason.clone()),
        ("modem", message.modem.clone()),
    ])
}

/// One line of a list.
pub fn message_line(message: &Message, time_zone: &str) -> String {
    let when = local_time(message.create_time.as_ref(), time_zone);
    let class = short(message.class().as_str_name(), "MESSAGE_CLASS_");
    format!("{}  {when}  {class:<9}  {}{}\n", message.message_id, state(message), marks(message))
}

fn marks(message: &Message) -> &'static str {
    match (message.held, message.possible_duplicate) {
        (true, _) => " (held)",
        (false, true) => " (may have been sent twice)",
        (false, false) => "",
    }
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
        "held": message.held,
        "priority": message.priority,
        "parts": message.parts,
        "modem": message.modem,
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
    let part = match (inbound.complete, inbound.over_rate) {
        (false, _) => " (parts are missing)",
        (true, true) => " (this sender writes too much)",
        (true, false) => "",
    };
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
        "over_rate": inbound.over_rate,
        "modem": inbound.modem,
        "encoding": encoding(inbound.encoding().as_str_name()),
        "receive_time": time(inbound.receive_time.as_ref()),
    })
}

/// The sender of an SMS must not control the terminal that shows it.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

pub fn undecoded_text(raw: &Undecoded, time_zone: &str) -> String {
    format!("{:>6}  {}  {}\n", raw.number, local_time(raw.receive_time.as_ref(), time_zone), raw.pdu)
}

pub fn undecoded_json(raw: &Undecoded) -> Value {
    json!({
        "number": raw.number,
        "pdu": raw.pdu,
        "modem": raw.modem,
        "receive_time": time(raw.receive_time.as_ref()),
    })
}

pub fn modem_text(modem: &Modem, time_zone: &str) -> String {
    let why = if modem.trouble.is_empty() { String::new() } else { format!(" ({})", modem.trouble) };
    table(&[
        ("modem", modem.name.clone()),
        ("state", format!("{}{why}", modem_state(modem))),
        ("model", modem.model.clone()),
        ("port", modem.port.clone()),
        (
            "signal",
            if modem.signal > 31 { "not known".to_owned() } else { format!("{} of 31", modem.signal) },
        ),
        ("SIM storage", format!("{} of {}", modem.storage_used, modem.storage_total)),
        ("bearer", modem.bearer.clone()),
        (
            "reports",
            if modem.reports_missing { "none: messages end as REPORT_TIMEOUT".into() } else { String::new() },
        ),
        ("credit", format!("{}{}", modem.credit, if modem.credit_low { " (low)" } else { "" })),
        ("waiting", modem.queued.to_string()),
        ("unknown", modem.unknown.to_string()),
        ("limited until", local_time(modem.limited_until.as_ref(), time_zone)),
    ])
}

pub fn modem_json(modem: &Modem) -> Value {
    json!({
        "name": modem.name,
        "state": modem_state(modem),
        "trouble": modem.trouble,
        "port": modem.port,
        "model": modem.model,
        "signal": modem.signal,
        "bearer": modem.bearer,
        "reports_missing": modem.reports_missing,
        "credit": modem.credit,
        "credit_low": modem.credit_low,
        "queued": modem.queued,
        "unknown": modem.unknown,
        "storage_used": modem.storage_used,
        "storage_total": modem.storage_total,
        "limited_until": time(modem.limited_until.as_ref()),
    })
}

fn modem_state(modem: &Modem) -> &'static str {
    short(modem.state().as_str_name(), "MODEM_STATE_")
}
