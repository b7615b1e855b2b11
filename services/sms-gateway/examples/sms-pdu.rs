//! Reads PDUs in hex, one a line, and writes what they say, one JSON object a line. For comparing with other decoders.

use chit_msisdn::TypeOfNumber;
use chit_sms_gateway::domain::pdu::{self, Body, FromNetwork};
use std::io::{self, BufRead as _, Write as _};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        writeln!(out, "{}", read(line?.trim()))?;
    }
    Ok(())
}

fn read(line: &str) -> String {
    let decoded = pdu::from_hex(line).and_then(|bytes| pdu::decode(&bytes));
    match decoded {
        Ok(FromNetwork::Deliver(deliver)) => {
            let kind = match deliver.from.kind {
                TypeOfNumber::International => "international",
                TypeOfNumber::Alphanumeric => "alphanumeric",
                _ => "other",
            };
            let part = deliver.concatenation.map_or("null".to_owned(), |part| {
                format!("[{},{},{}]", part.reference, part.total, part.number)
            });
            let text = match &deliver.body {
                Body::Data(octets) => hex::encode(octets),
                body => body.text().unwrap_or_default(),
            };
            let sent_at = deliver.sent_at.map_or("null".to_owned(), |at| at.as_second().to_string());
            format!(
                "{{\"type\":\"deliver\",\"from\":{},\"kind\":\"{kind}\",\"text\":{},\"part\":{part},\"sent_at\":{sent_at}}}",
                quoted(&deliver.from.raw),
                quoted(&text)
            )
        }
        Ok(FromNetwork::StatusReport(report)) => format!(
            "{{\"type\":\"report\",\"to\":{},\"reference\":{},\"status\":{}}}",
            quoted(&report.to.raw),
            report.reference,
            report.status
        ),
        Err(error) => format!("{{\"type\":\"error\",\"why\":{}}}", quoted(&error.to_string())),
    }
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", control as u32)),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
