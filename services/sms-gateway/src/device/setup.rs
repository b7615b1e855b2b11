//! From an open port to a modem that sends and receives: 27.007 (general), 27.005 (SMS).

use super::link::{Link, LinkError, Reply};
use super::status::SIGNAL_UNKNOWN;
use super::{ModemState, pin};
use crate::domain::at_line::FinalResult;
use crate::store::{Sim, Store};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Simple settings; a modem that reads its SIM can take seconds for some of them.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(5);
const FIRST_ANSWER_TIMEOUT: Duration = Duration::from_millis(800);
const FIRST_TRIES: u32 = 3;
/// 27.005 §3.4.1. Messages by index (mt 1); reports at once (ds 1), by index (2) or not at all (0). Cell broadcasts
/// are not wanted (bm 0), but some modems take the set with bm 2 only, which ModemManager uses.
const CNMI_LADDER: [&str; 6] = [
    "AT+CNMI=2,1,0,1,0",
    "AT+CNMI=2,1,2,1,0",
    "AT+CNMI=2,1,0,2,0",
    "AT+CNMI=2,1,2,2,0",
    "AT+CNMI=2,1,0,0,0",
    "AT+CNMI=2,1,2,0,0",
];
/// From this step on there are no reports.
const CNMI_WITHOUT_REPORTS: usize = 4;
const STORAGES: [&str; 2] = ["SM", "ME"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    pub model: String,
    pub sim: Sim,
    pub storage_used: u32,
    pub storage_total: u32,
}

pub enum SetupOutcome {
    Ready(Ready),
    /// Looked at again later.
    Blocked(ModemState),
}

/// Any final result proves that somebody is there; some modems answer ERROR to a bare AT.
pub async fn first_answer(link: &mut Link) -> Result<(), LinkError> {
    link.escape().await?;
    let mut outcome = Err(LinkError::Timeout);
    for _ in 0..FIRST_TRIES {
        outcome = link.command("AT", None, FIRST_ANSWER_TIMEOUT).await.map(|_| ());
        if !matches!(outcome, Err(LinkError::Timeout)) {
            break;
        }
    }
    outcome?;
    // An answer to an earlier AT, or to a cancelled prompt, may still be on its way.
    link.quiet().await
}

pub async fn set_up(
    link: &mut Link,
    store: &Arc<Store>,
    pin_file: Option<&Path>,
) -> Result<SetupOutcome, LinkError> {
    command(link, "ATE0", None).await?;
    // Numbers instead of words in errors; a modem without it says plain ERROR.
    command(link, "AT+CMEE=1", None).await?;
    if let Some(state) = check_sim(link, store, pin_file).await? {
        return Ok(SetupOutcome::Blocked(state));
    }
    if !command(link, "AT+CMGF=0", None).await?.is_ok() {
        return Ok(SetupOutcome::Blocked(ModemState::Degraded));
    }
    // Phase 2: reports need no AT+CNMA (27.005 §3.2.1).
    command(link, "AT+CSMS=0", None).await?;
    let (storage_used, storage_total) = choose_storage(link).await?;
    subscribe(link).await?;
    command(link, "AT+CREG=0", None).await?;
    let model = model(link).await?;
    let sim = Sim { imei: imei(link).await?, iccid: iccid(link).await? };
    Ok(SetupOutcome::Ready(Ready { model, sim, storage_used, storage_total }))
}

/// Digits of `AT+CGSN` (27.007 §5.4); empty when the modem does not say.
pub async fn imei(link: &mut Link) -> Result<String, LinkError> {
    identity(link, "AT+CGSN").await
}

/// Two names of the same question; neither is in the standard.
pub async fn iccid(link: &mut Link) -> Result<String, LinkError> {
    let found = identity(link, "AT+CCID").await?;
    if found.is_empty() { identity(link, "AT+ICCID").await } else { Ok(found) }
}

/// The first answer with at least 14 digits (an IMEI has 15, an ICCID 19 or 20), with or without a name before it.
async fn identity(link: &mut Link, question: &str) -> Result<String, LinkError> {
    const DIGITS_MIN: usize = 14;
    let reply = command(link, question, None).await?;
    let digits = |text: &str| -> String {
        text.rsplit(':').next().unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect()
    };
    let found = reply.answers.iter().map(|answer| digits(&answer.text));
    let mut found = found.filter(|text| text.bytes().filter(u8::is_ascii_digit).count() >= DIGITS_MIN);
    Ok(found.next().filter(|_| reply.is_ok()).unwrap_or_default())
}

/// Whether the modem knows `AT+CMMS` (27.005 §3.5.6).
pub async fn more_to_send(link: &mut Link, on: bool) -> Result<bool, LinkError> {
    let mode = if on { 2 } else { 0 };
    Ok(command(link, &format!("AT+CMMS={mode}"), None).await?.is_ok())
}

/// `None`: the SIM is ready.
async fn check_sim(
    link: &mut Link,
    store: &Arc<Store>,
    pin_file: Option<&Path>,
) -> Result<Option<ModemState>, LinkError> {
    let reply = command(link, "AT+CPIN?", Some("+CPIN:")).await?;
    Ok(match (reply.values("+CPIN:"), reply.result) {
        (Some("READY"), _) => None,
        (Some("SIM PIN"), _) => {
            let unlocked = pin::unlock(link, store, pin_file).await?;
            // The SIM reads its files first; the next look finds it READY.
            Some(if unlocked { ModemState::Opening } else { ModemState::SimLocked })
        }
        (Some("SIM PUK"), _) => Some(ModemState::SimPuk),
        (Some(_), _) => Some(ModemState::SimLocked),
        // 27.007 §9.2: 10 no SIM, 13 SIM failure, 15 wrong SIM; 27.005: 310, 313, 315.
        (None, FinalResult::Cme(Some(10 | 13 | 15)) | FinalResult::Cms(Some(310 | 313 | 315))) => {
            Some(ModemState::Failed)
        }
        // 14 SIM busy, 515 starting up, or a modem still booting.
        (None, FinalResult::Cme(_) | FinalResult::Cms(_) | FinalResult::Error) => Some(ModemState::Opening),
        // OK without an answer: a modem with no SIM lock to speak of.
        (None, FinalResult::Ok) => None,
    })
}

/// All three memories the same, so that what arrives is where it is listed (27.005 §3.2.2).
async fn choose_storage(link: &mut Link) -> Result<(u32, u32), LinkError> {
    for name in STORAGES {
        let chosen =
            command(link, &format!("AT+CPMS=\"{name}\",\"{name}\",\"{name}\""), Some("+CPMS:")).await?;
        if chosen.is_ok() {
            return Ok(chosen.values("+CPMS:").and_then(used_and_total).unwrap_or_default());
        }
    }
    tracing::warn!("the modem lets no SMS storage be chosen; its own choice is used");
    Ok((0, 0))
}

async fn subscribe(link: &mut Link) -> Result<(), LinkError> {
    for (at, step) in CNMI_LADDER.iter().enumerate() {
        if command(link, step, None).await?.is_ok() {
            if at >= CNMI_WITHOUT_REPORTS {
                tracing::warn!("the modem gives no status reports: messages stay SUBMITTED");
            }
            return Ok(());
        }
    }
    tracing::warn!("the modem announces nothing: its storage is read every 30 s only");
    Ok(())
}

async fn model(link: &mut Link) -> Result<String, LinkError> {
    let mut words = Vec::new();
    for question in ["AT+CGMI", "AT+CGMM"] {
        let reply = command(link, question, None).await?;
        if let Some(answer) = reply.answers.first().filter(|_| reply.is_ok()) {
            let value = answer.text.rsplit(':').next().unwrap_or_default();
            words.push(value.trim().trim_matches('"').to_owned());
        }
    }
    Ok(words.join(" "))
}

/// Registered at home (1), roaming (5), or for SMS only (6, 7): 27.007 §7.2 and, for LTE, §10.1.22.
pub async fn is_registered(link: &mut Link, within: Duration) -> Result<bool, LinkError> {
    let circuit = link.command("AT+CREG?", Some("+CREG:"), within).await?;
    if circuit.values("+CREG:").is_some_and(has_service) {
        return Ok(true);
    }
    let packet = link.command("AT+CEREG?", Some("+CEREG:"), within).await?;
    let neither_is_known = !circuit.is_ok() && !packet.is_ok();
    Ok(neither_is_known || packet.values("+CEREG:").is_some_and(has_service))
}

fn has_service(values: &str) -> bool {
    let stats: Vec<&str> = values.split(',').map(str::trim).collect();
    let serves = |stat: &&&str| matches!(**stat, "1" | "5" | "6" | "7");
    // `<n>,<stat>[,"<lac>","<ci>"…]`; some put one more plain number before <stat>. If that reads too much into it, the
    // submission is refused before anything is sent.
    stats.get(1).is_some_and(|stat| serves(&stat))
        || (stats.len() == 3 && stats.get(2).is_some_and(|stat| serves(&stat)))
}

pub async fn signal(link: &mut Link) -> Result<u32, LinkError> {
    let reply = command(link, "AT+CSQ", Some("+CSQ:")).await?;
    let first = reply.values("+CSQ:").and_then(|values| values.split(',').next()?.trim().parse().ok());
    Ok(first.unwrap_or(SIGNAL_UNKNOWN))
}

pub async fn storage(link: &mut Link) -> Result<Option<(u32, u32)>, LinkError> {
    let reply = command(link, "AT+CPMS?", Some("+CPMS:")).await?;
    Ok(reply.values("+CPMS:").and_then(used_and_total_named))
}

/// Answer to a setting: `<used1>,<total1>,…`.
fn used_and_total(values: &str) -> Option<(u32, u32)> {
    let mut numbers = values.split(',').map(|value| value.trim().parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// Answer to a question: `<mem1>,<used1>,<total1>,…`.
fn used_and_total_named(values: &str) -> Option<(u32, u32)> {
    used_and_total(values.split_once(',')?.1)
}

async fn command(link: &mut Link, text: &str, prefix: Option<&'static str>) -> Result<Reply, LinkError> {
    link.command(text, prefix, COMMAND_TIMEOUT).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_roaming_and_sms_only_count_as_registered() {
        for (values, expected) in [
            ("0,1", true),
            ("2,5,\"00C3\",\"01\"", true),
            ("0,6", true),
            ("1,0,1", true),
            ("1,0,2", false),
            ("0, 1", true),
            ("2,2,\"0001\"", false),
            ("0,0", false),
            ("0,2", false),
            ("1", false),
        ] {
            assert_eq!(has_service(values), expected, "{values}");
        }
    }

    #[test]
    fn both_forms_of_the_storage_answer_are_read() {
        assert_eq!(used_and_total("3,50,3,50,3,50"), Some((3, 50)));
        assert_eq!(used_and_total_named("\"SM\",3,50,\"SM\",3,50"), Some((3, 50)));
        assert_eq!(used_and_total(""), None);
    }
}
