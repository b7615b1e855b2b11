//! Resources for people (text) and for programs (JSON, with the field names of the protos).

mod deduction;
mod payer;
mod sale;
mod sms;

pub use deduction::{batch_json, batch_text, dispute_json, dispute_text, hand_over};
pub use payer::{payer_json, payer_text};
pub use sale::{attention_text, sale_json, sale_text, state_name};
pub use sms::{
    inbound_json, inbound_text, message_json, message_line, message_text, modem_json, modem_text,
    undecoded_json, undecoded_text,
};

use chit_proto::money::v1::Money;
use serde_json::{Value, json};

/// "SALE_STATE_SETTLED" → "SETTLED"
fn short<'a>(name: &'a str, prefix: &str) -> &'a str {
    name.strip_prefix(prefix).unwrap_or(name)
}

/// For people: the shop's own time.
pub fn local_time(time: Option<&prost_types::Timestamp>, time_zone: &str) -> String {
    let time = time.and_then(chit_runtime::clock::from_proto);
    let local = time.and_then(|time| time.in_tz(time_zone).ok());
    local.map_or_else(String::new, |local| local.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// For programs: RFC 3339 in UTC.
pub fn time(time: Option<&prost_types::Timestamp>) -> Option<String> {
    time.and_then(chit_runtime::clock::from_proto).map(|time| time.to_string())
}

fn money_json(money: Option<&Money>) -> Value {
    money.map_or(
        Value::Null,
        |money| json!({"amount_minor": money.amount_minor, "currency_code": money.currency_code}),
    )
}

/// Lines of "name  value"; empty values are left out.
pub fn table(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let shown = rows.iter().filter(|(_, value)| !value.is_empty());
    shown.map(|(name, value)| format!("{name:<width$}  {value}\n")).collect()
}
