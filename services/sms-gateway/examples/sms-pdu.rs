//! Reads PDUs in hex, one a line, and writes what they say, one JSON object a line. For comparing with other decoders.
//! `sms-pdu [COUNTRY]`: with the shop's country it also says which numbers a sender may be.

use chit_msisdn::{Country, TypeOfNumber};
use chit_sms_gateway::domain::pdu::{self, Body, FromNetwork};
use std::io::{self, BufRead as _, Write as _};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let country = std::env::args().nth(1).map(|iso| Country::from_iso(&iso).expect("an ISO country code"));
    for line in io::stdin().lock().lines() {
        writeln!(out, "{}", read(line?.trim(), country))?;
    }
    Ok(())
}

fn read(line: &str, country: Option<Country>) -> String {
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
            let candidates = country.map_or(String::new(), |country| {
                let from = deliver.from.sender(country);
                let numbers: Vec<String> =
                    from.candidates().iter().map(|number| quoted(number.as_str())).collect();
                format!(",\"candidates\":[{}]", numbers.join(","))
            });
            format!(
                "{{\"type\":\"deliver\",\"from\":{},\"kind\":\"{kind}\",\"text\":{},\"part\":{part},\"sent_at\":{sent_at}{candidates}}}",
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
