//! From an open port to a modem that sends and receives: 27.007 (general), 27.005 (SMS).

use super::asking::{ask, ask_if_known, first_answer};
use super::link::{Link, LinkError};
use super::status::SIGNAL_UNKNOWN;
use super::storage::Storage;
use super::{ModemState, identity, pin};
use crate::domain::cnmi::{self, Reports};
use crate::domain::final_result::FinalResult;
use crate::store::{Sim, Store};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const SIM_TIMEOUT: Duration = Duration::from_secs(20);
/// For modems that take fewer values than five.
const CNMI_SHORT: [&str; 2] = ["AT+CNMI=2,1", "AT+CNMI=1,1"];
/// Where reports are stored (27.005 §3.1, `<mem1>`).
const REPORT_MEMORY: &str = "SR";
/// A modem that answers AT+CPIN? with a plain refusal so many times has no such question.
const PIN_REFUSALS_MAX: u32 = 4;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    pub model: String,
    pub sim: Sim,
    pub storage: Storage,
    pub reports: Reports,
    /// What it hands over directly must be acknowledged (27.005 §3.4.4), or it hands over nothing more.
    pub wants_acks: bool,
    pub habits: Habits,
}

/// By these a modem that restarted and said nothing of it gives itself away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Habits {
    /// It repeats what it is told although it was asked not to.
    echoes: bool,
    /// What it answers to `AT+CNMI?`; empty = nothing.
    subscription: String,
}

impl Habits {
    /// True when it is no longer as it was set up.
    pub fn have_changed(&self, link: &mut Link) -> bool {
        link.take_echoes() > 0 && !self.echoes
    }

    pub async fn have_lapsed(&self, link: &mut Link) -> Result<bool, LinkError> {
        Ok(!self.subscription.is_empty() && subscription(link).await? != self.subscription)
    }
}

async fn subscription(link: &mut Link) -> Result<String, LinkError> {
    let reply = ask_if_known(link, "AT+CNMI?", Some("+CNMI:")).await?;
    Ok(reply.values("+CNMI:").unwrap_or_default().replace(' ', ""))
}

/// What the looks at the SIM have shown.
#[derive(Debug, Default)]
pub struct SimLooks {
    /// Plain refusals of `AT+CPIN?`.
    refusals: u32,
    /// The PIN was given and taken since the modem was opened.
    unlocked: bool,
}

impl SimLooks {
    /// The modem was opened again; it may have been without power.
    pub fn opened(&mut self) {
        self.unlocked = false;
    }
}

pub enum SetupOutcome {
    Ready(Ready),
    /// Looked at again later.
    Blocked(ModemState),
}

pub async fn set_up(
    link: &mut Link,
    store: &Arc<Store>,
    pin_file: Option<&Path>,
    looks: &mut SimLooks,
) -> Result<SetupOutcome, LinkError> {
    if !ask_if_known(link, "ATQ0V1E0", None).await?.is_ok() {
        ask_if_known(link, "ATE0", None).await?;
    }
    link.take_echoes();
    // Numbers instead of words in errors; a modem without it says plain ERROR.
    ask_if_known(link, "AT+CMEE=1", None).await?;
    if let Some(state) = check_sim(link, store, pin_file, looks).await? {
        return Ok(SetupOutcome::Blocked(state));
    }
    if !ask(link, "AT+CMGF=0", None).await?.is_ok() {
        return Ok(SetupOutcome::Blocked(ModemState::Degraded));
    }
    // Phase 2: reports need no AT+CNMA (27.005 §3.2.1).
    ask_if_known(link, "AT+CSMS=0", None).await?;
    let service = ask_if_known(link, "AT+CSMS?", Some("+CSMS:")).await?;
    let wants_acks =
        service.values("+CSMS:").and_then(|values| values.split(',').next()).map(str::trim) == Some("1");
    let mut storage = Storage::choose(link).await?;
    let reports = subscribe(link).await?;
    if reports == Reports::Stored {
        storage.announced(REPORT_MEMORY);
    }
    ask_if_known(link, "AT+CREG=0", None).await?;
    let model = model(link).await?;
    let sim = Sim { imei: identity::imei(link).await?, iccid: identity::iccid(link).await? };
    let habits = Habits { echoes: link.take_echoes() > 0, subscription: subscription(link).await? };
    Ok(SetupOutcome::Ready(Ready { model, sim, storage, reports, wants_acks, habits }))
}

/// Whether the modem knows `AT+CMMS` (27.005 §3.5.6).
pub async fn more_to_send(link: &mut Link, on: bool) -> Result<bool, LinkError> {
    let mode = if on { 2 } else { 0 };
    Ok(ask_if_known(link, &format!("AT+CMMS={mode}"), None).await?.is_ok())
}

/// `None`: the SIM is ready.
async fn check_sim(
    link: &mut Link,
    store: &Arc<Store>,
    pin_file: Option<&Path>,
    looks: &mut SimLooks,
) -> Result<Option<ModemState>, LinkError> {
    let reply = link.question("AT+CPIN?", "+CPIN:", SIM_TIMEOUT).await?;
    if reply.unended {
        // Its OK may still come, and must not end the next answer.
        first_answer(link).await?;
    }
    let said = reply.values("+CPIN:").map(|state| state.trim_matches('"'));
    Ok(match SimSays::of(said, reply.result) {
        SimSays::Ready => None,
        // It took the PIN a moment ago and asks again: it is not given a second time before the modem restarts.
        SimSays::WantsPin if looks.unlocked => Some(ModemState::SimLocked),
        SimSays::WantsPin => {
            let unlocked = pin::unlock(link, store, pin_file).await?;
            looks.unlocked = unlocked;
            // The SIM reads its files first; the next look finds it READY.
            Some(if unlocked { ModemState::Opening } else { ModemState::SimLocked })
        }
        SimSays::WantsPuk => Some(ModemState::SimPuk),
        SimSays::WantsOther => Some(ModemState::SimLocked),
        SimSays::Gone => Some(ModemState::Failed),
        SimSays::Starting => Some(ModemState::Opening),
        SimSays::NoQuestion if looks.refusals >= PIN_REFUSALS_MAX => None,
        SimSays::NoQuestion => {
            looks.refusals += 1;
            Some(ModemState::Opening)
        }
    })
}

#[derive(Debug, PartialEq, Eq)]
enum SimSays {
    Ready,
    WantsPin,
    WantsPuk,
    /// A lock of the phone or the network.
    WantsOther,
    Gone,
    Starting,
    /// The modem does not know the question, or is still booting.
    NoQuestion,
}

impl SimSays {
    /// 27.007 §8.3 and §9.2.1; 27.005 §3.2.5.
    fn of(answer: Option<&str>, result: FinalResult) -> Self {
        match (answer, result) {
            (Some("READY"), _) => Self::Ready,
            (Some("NOT READY"), _) => Self::Starting,
            (Some("SIM PIN"), _) => Self::WantsPin,
            (Some("SIM PUK"), _) => Self::WantsPuk,
            (Some(_), _) => Self::WantsOther,
            (None, FinalResult::Cme(Some(11)) | FinalResult::Cms(Some(311))) => Self::WantsPin,
            (None, FinalResult::Cme(Some(12)) | FinalResult::Cms(Some(316))) => Self::WantsPuk,
            // No SIM, SIM failure, wrong SIM.
            (None, FinalResult::Cme(Some(10 | 13 | 15)) | FinalResult::Cms(Some(310 | 313 | 315))) => {
                Self::Gone
            }
            (
                None,
                FinalResult::Cme(Some(3 | 4)) | FinalResult::Cms(Some(302 | 303)) | FinalResult::Error,
            ) => Self::NoQuestion,
            // 14 SIM busy, 515 starting up.
            (None, FinalResult::Cme(_) | FinalResult::Cms(_)) => Self::Starting,
            // OK without an answer: a modem with no SIM lock to speak of.
            (None, FinalResult::Ok) => Self::Ready,
        }
    }
}

/// How reports come.
async fn subscribe(link: &mut Link) -> Result<Reports, LinkError> {
    let offer = ask_if_known(link, "AT+CNMI=?", Some("+CNMI:")).await?;
    for setting in cnmi::settings(offer.values("+CNMI:")) {
        if ask_if_known(link, &setting.command(), None).await?.is_ok() {
            if setting.reports() == Reports::Never {
                tracing::warn!("the modem gives no status reports: messages end as REPORT_TIMEOUT");
            }
            return Ok(setting.reports());
        }
    }
    for short in CNMI_SHORT {
        if ask_if_known(link, short, None).await?.is_ok() {
            return Ok(Reports::Never);
        }
    }
    tracing::warn!("the modem announces nothing: its storage is read every 30 s only");
    Ok(Reports::Never)
}

async fn model(link: &mut Link) -> Result<String, LinkError> {
    let mut words = Vec::new();
    for question in ["AT+CGMI", "AT+CGMM"] {
        let reply = ask_if_known(link, question, None).await?;
        if let Some(answer) = reply.answers.first().filter(|_| reply.is_ok()) {
            let value = answer.text.rsplit(':').next().unwrap_or_default();
            words.push(value.trim().trim_matches('"').to_owned());
        }
    }
    Ok(words.join(" "))
}

/// Registered at home (1), roaming (5), or for SMS only (6, 7): 27.007 §7.2 and, for LTE, §10.1.22.
pub async fn is_registered(link: &mut Link, within: Duration) -> Result<bool, LinkError> {
    let mut circuit = link.command("AT+CREG?", Some("+CREG:"), within).await?;
    if circuit.is_ok() && circuit.answers.is_empty() {
        // The OK of an earlier command? From here on questions and answers belong together again.
        first_answer(link).await?;
        circuit = link.command("AT+CREG?", Some("+CREG:"), within).await?;
    }
    if circuit.values("+CREG:").is_some_and(has_service) {
        return Ok(true);
    }
    let packet = ask_if_known(link, "AT+CEREG?", Some("+CEREG:")).await?;
    // Neither says anything: then the submission finds out.
    let silent = circuit.values("+CREG:").is_none() && packet.values("+CEREG:").is_none();
    Ok(silent || packet.values("+CEREG:").is_some_and(has_service))
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
    let reply = ask_if_known(link, "AT+CSQ", Some("+CSQ:")).await?;
    let first = reply.values("+CSQ:").and_then(|values| values.split(',').next()?.trim().parse().ok());
    Ok(first.unwrap_or(SIGNAL_UNKNOWN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sim_that_wants_its_pin_may_say_so_by_an_error() {
        assert_eq!(SimSays::of(None, FinalResult::Cme(Some(11))), SimSays::WantsPin);
        assert_eq!(SimSays::of(None, FinalResult::Cme(Some(12))), SimSays::WantsPuk);
        assert_eq!(SimSays::of(Some("SIM PUK"), FinalResult::Ok), SimSays::WantsPuk);
        assert_eq!(SimSays::of(Some("PH-NET PIN"), FinalResult::Ok), SimSays::WantsOther);
        assert_eq!(SimSays::of(None, FinalResult::Cme(Some(4))), SimSays::NoQuestion);
        assert_eq!(SimSays::of(None, FinalResult::Cme(Some(14))), SimSays::Starting);
    }

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
}
