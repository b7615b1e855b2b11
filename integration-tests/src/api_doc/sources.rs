//! Names in the services' sources. Nothing here links a service, so they are read as text.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::Context as _;

/// Upper-case strings of the sources that are no reasons of errors.
const NO_REASONS: [&str; 26] = [
    // Environment.
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION",
    "CHIT_SMS_CRASH",
    "CREDENTIALS_DIRECTORY",
    "LISTEN_FDS",
    "LISTEN_PID",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    // Bits of a RiskResult that refuse nothing by themselves, or whose refusal has another name.
    "CODE_EXPIRES_SOON",
    "FACE_DIFFERENT",
    "FACE_NOT_CONFIRMED",
    "FOREIGN_TILL",
    // States, and why an SMS or a print job failed: answers, not errors.
    "CME_ERROR",
    "CMS_ERROR",
    "CONTENT_LOST",
    "NO_PROMPT",
    "NO_SIM",
    "SIM_SWAPPED",
    "PAYER_OK",
    "TEXT_NOT_ENCODABLE",
    // Made by the caller's own side.
    "DEADLINE_EXCEEDED",
    // Internal to checkout, translated before it leaves (staff.rs, saga).
    "FACT_NOT_FOUND",
    "NO_REASON",
    "PHONE_UNREADABLE",
    "PIN_FORM",
    "WRONG_PIN",
    "GTIN_INVALID",
];

/// The strings of an array constant: `const NAMES: [&str; 2] = ["A", "B"];`.
pub fn strings_of(source: &Path, name: &str) -> anyhow::Result<Vec<String>> {
    let text = fs::read_to_string(source).with_context(|| source.display().to_string())?;
    let after = text.split(&format!("const {name}: ")).nth(1);
    let array = after.and_then(|after| after.split_once("= [")?.1.split_once("];"));
    let (array, _) = array.with_context(|| format!("{} has no array {name}", source.display()))?;
    Ok(array.split('"').skip(1).step_by(2).map(str::to_owned).collect())
}

/// Every reason that a service's source may answer, test code left out.
pub fn reasons_used(services: &Path) -> anyhow::Result<BTreeSet<String>> {
    let mut reasons = BTreeSet::new();
    // The till and the command line answer no gRPC calls.
    for service in ["checkout", "ledger", "media-capture", "printer", "runtime", "scanner", "sms-gateway"] {
        collect(&services.join(service).join("src"), &mut reasons)?;
    }
    reasons.retain(|reason| !NO_REASONS.contains(&reason.as_str()));
    Ok(reasons)
}

fn collect(folder: &Path, reasons: &mut BTreeSet<String>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            collect(&path, reasons)?;
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
            let text = fs::read_to_string(&path)?;
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let lines = code.lines().map(str::trim_start).filter(|line| !line.starts_with("//"));
            let lines = lines.filter(|line| !names_a_code(line));
            let strings = lines.flat_map(|line| line.split('"').skip(1).step_by(2));
            reasons.extend(strings.filter(|string| is_name(string)).map(str::to_owned));
        }
    }
    Ok(())
}

/// `Code::NotFound => "NOT_FOUND",`: what gRPC calls a code, which is no reason there. As a reason it would still be found.
fn names_a_code(line: &str) -> bool {
    line.strip_prefix("Code::").is_some_and(|arm| arm.contains(" => \""))
}

/// `WRONG_STATE`: two words at least, so that units and enum names of one word stay out.
fn is_name(string: &str) -> bool {
    let upper = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    string.contains('_')
        && string.starts_with(|c: char| c.is_ascii_uppercase())
        && string.ends_with(|c: char| c.is_ascii_alphanumeric())
        && string.chars().all(upper)
}
