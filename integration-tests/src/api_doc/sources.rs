//! Names in the services' sources. Nothing here links a service, so they are read as text.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::Context as _;

/// Upper-case strings of the sources that are no reasons of errors.
const NO_REASONS: [&str; 19] = [
    // Environment.
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION",
    "CHIT_SMS_CRASH",
    "CREDENTIALS_DIRECTORY",
    "LISTEN_FDS",
    "LISTEN_PID",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    // States and ways of a modem, and why an SMS or a print job failed: answers, not errors.
    "CIRCUIT_PREFERRED",
    "CME_ERROR",
    "CMS_ERROR",
    "CONTENT_LOST",
    "NO_PROMPT",
    "NO_SIM",
    "NO_STORAGE",
    "PACKET_PREFERRED",
    "SERVICE_CENTRE",
    "SIM_SWAPPED",
    "TEXT_NOT_ENCODABLE",
    // Made by the caller's own side.
    "DEADLINE_EXCEEDED",
];

/// Reasons of checkout that no caller meets.
const INSIDE_CHECKOUT: [&str; 15] = [
    // Bits of a RiskResult whose refusal has another name.
    "FROZEN",
    "LOCKED",
    "NOT_ACTIVE",
    // Ids that checkout makes for the other services, and no call of its own takes.
    "ACCOUNT_NOT_FOUND",
    "FACT_NOT_FOUND",
    "FORWARD_NOT_FOUND",
    "JOB_NOT_FOUND",
    "MANDATE_NOT_FOUND",
    "MESSAGE_NOT_FOUND",
    "POSTING_NOT_FOUND",
    "RECORDING_NOT_FOUND",
    "TRANSFER_NOT_FOUND",
    // What an issuer sent; shown on the sale.
    "VERDICT_INVALID",
    // A catalogue that keeps checkout from starting, and a number that only a payer code holds.
    "GTIN_INVALID",
    "PHONE_UNREADABLE",
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
    for service in ["issuer", "ledger", "media-capture", "printer", "runtime", "scanner", "sms-gateway"] {
        collect(&services.join(service).join("src"), &mut reasons)?;
    }
    reasons.retain(|reason| !NO_REASONS.contains(&reason.as_str()));
    reasons.extend(reasons_of_checkout(&services.join("checkout/src/values/reason.rs"))?);
    Ok(reasons)
}

/// Checkout's reasons are a type, made by one list: `reasons! { A_REASON ANOTHER }`.
fn reasons_of_checkout(source: &Path) -> anyhow::Result<BTreeSet<String>> {
    let text = fs::read_to_string(source).with_context(|| source.display().to_string())?;
    let list = text.split("\nreasons! {").nth(1).and_then(|after| after.split('}').next());
    let list = list.with_context(|| format!("{} has no list of reasons", source.display()))?;
    let all: BTreeSet<&str> = list.split_whitespace().collect();
    let gone: Vec<_> = INSIDE_CHECKOUT.iter().filter(|inside| !all.contains(*inside)).collect();
    anyhow::ensure!(gone.is_empty(), "INSIDE_CHECKOUT names what checkout does not have: {gone:?}");
    let answered = all.into_iter().filter(|reason| !INSIDE_CHECKOUT.contains(reason));
    Ok(answered.map(str::to_owned).collect())
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
