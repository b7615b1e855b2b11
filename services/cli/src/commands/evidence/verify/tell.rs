//! The verdict, for people and for programs.

use serde_json::{Value, json};

use super::files::Found;
use super::{Fault, Verdict};
use crate::commands::keys;

pub fn text_of(verdict: &Verdict) -> String {
    let mut text = String::new();
    let mut line = |said: String| {
        text.push_str(&said);
        text.push('\n');
    };
    if let Some(bundle) = &verdict.bundle {
        let manifest = &bundle.manifest;
        let receipt = match manifest.receipt_no.as_str() {
            "" => String::new(),
            number => format!(", receipt {}", number.escape_debug()),
        };
        line(format!("sale {}, recording {}{receipt}", manifest.sale_id, manifest.recording_id));
        line(format!("manifest {} (version {})", hex::encode(bundle.sha256), manifest.version));
        line(format!("signed by the evidence key {}", keys::id_of(&manifest.device_public_key)));
        if manifest.clock_source == "sandbox" {
            line("PRACTICE: made in a sandbox, whose clock can be moved".to_owned());
        }
    }
    for file in &verdict.files {
        let sealed = if file.expected.sealed { ", sealed" } else { "" };
        let word = match file.found {
            Found::Whole => "ok ",
            Found::Away => "-- ",
            Found::Bad => "BAD",
        };
        line(format!("{word}  {} ({} bytes{sealed})", file.expected.name, file.expected.size_bytes));
    }
    for Fault { file, reason, what } in &verdict.faults {
        line(format!("BAD  {}: {reason}: {}", file.escape_debug(), what.escape_debug()));
    }
    for name in &verdict.companions {
        line(format!("..   {}: not part of the sealed bundle, not checked", name.escape_debug()));
    }
    if let Some(manifest) = verdict.bundle.as_ref().map(|bundle| &bundle.manifest).filter(|it| it.partial) {
        line(format!("PARTIAL: {}", manifest.partial_reasons.join(", ").escape_debug()));
    }
    match &verdict.witnessed {
        Some(witnessed) => {
            for seal in &witnessed.sealed {
                line(format!("witnessed by the ledger, record {}, {}", seal.seq, time(seal.time_us)));
            }
        }
        None if verdict.faults.is_empty() => {
            line("NOT PROVEN when it was sealed: the ledger was not asked, and whoever has the shop's key could have made this at any time".to_owned());
        }
        None => {}
    }
    if let Some(judged) = &verdict.judged {
        line(format!("the issuer found the payer's reply right, {}: {}", judged.time, judged.asked()));
    }
    if verdict.receipt_compared {
        line("compared with the payer's receipt".to_owned());
    }
    text
}

pub fn value_of(verdict: &Verdict) -> Value {
    let faults = verdict.faults.iter();
    let faults =
        faults.map(|f| json!({"file": f.file, "reason": f.reason, "what": f.what})).collect::<Vec<_>>();
    let mut value = json!({
        "ok": verdict.faults.is_empty(),
        "film_away": verdict.files.iter().any(|file| file.found == Found::Away),
        "not_checked": verdict.companions,
        "ledger_compared": verdict.witnessed.is_some(),
        "receipt_compared": verdict.receipt_compared,
        "issuer_compared": verdict.judged.is_some(),
        "payer_agreed_to_sum": verdict.judged.as_ref().is_some_and(|judged| judged.agreed),
        "faults": faults,
    });
    let sealed = verdict.witnessed.iter().flat_map(|witnessed| &witnessed.sealed);
    value["witnessed"] =
        sealed.map(|seal| json!({"ledger_seq": seal.seq, "time": time(seal.time_us)})).collect();
    if let Some(bundle) = &verdict.bundle {
        let manifest = &bundle.manifest;
        value["version"] = manifest.version.into();
        value["sale_id"] = manifest.sale_id.as_str().into();
        value["recording_id"] = manifest.recording_id.as_str().into();
        value["receipt_no"] = manifest.receipt_no.as_str().into();
        value["manifest_sha256"] = hex::encode(bundle.sha256).into();
        value["evidence_key_id"] = keys::id_of(&manifest.device_public_key).into();
        value["partial"] = manifest.partial.into();
        value["partial_reasons"] = manifest.partial_reasons.clone().into();
        value["practice"] = (manifest.clock_source == "sandbox").into();
        value["files"] = manifest.files.iter().map(|file| file.name.as_str()).collect();
    }
    value
}

fn time(us: i64) -> String {
    jiff::Timestamp::from_microsecond(us).map(|time| time.to_string()).unwrap_or_default()
}
