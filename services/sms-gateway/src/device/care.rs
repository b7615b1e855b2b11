//! What a modem is asked beside its messages: what is left on the SIM, what time the network has, and which bearer carries SMS.

use super::asking::{ask_if_known, ask_within};
use super::courier::Courier;
use super::failure::Failure;
use super::link::{Link, LinkError};
use super::status::{ClockSource, Sighting};
use crate::config::Credit as Question;
use crate::domain::bearer::{Bearer, Bearers};
use crate::domain::credit::{Credit, ussd_text};
use crate::domain::network_clock;
use crate::store::Store;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use tokio::time::Instant;

const LOOK_EVERY: Duration = Duration::from_secs(30);
/// The operator's answer to a USSD code comes within seconds.
const USSD_TIMEOUT: Duration = Duration::from_secs(15);
/// An operator that did not answer is asked again.
const ASK_AGAIN: SignedDuration = SignedDuration::from_mins(30);

#[derive(Default)]
pub struct Care {
    bearers: Bearers,
    /// The modem keeps its clock by the network's (`AT+CTZU`, 27.007 §8.40).
    network_time: bool,
    look_at: Option<Instant>,
    ask_credit_at: Option<Timestamp>,
}

impl Care {
    pub async fn set_up(link: &mut Link) -> Result<Self, LinkError> {
        let network_time = ask_if_known(link, "AT+CTZU=1", None).await?.is_ok();
        let now = ask_if_known(link, "AT+CGSMS?", Some("+CGSMS:")).await?;
        let offer = ask_if_known(link, "AT+CGSMS=?", Some("+CGSMS:")).await?;
        let current = now.values("+CGSMS:").and_then(|value| Bearer::of(value.trim().parse().ok()?));
        let offered = services(offer.values("+CGSMS:").unwrap_or_default());
        Ok(Self {
            bearers: Bearers::new(current, &offered),
            network_time,
            look_at: None,
            ask_credit_at: None,
        })
    }

    /// Between messages; the credit only while none waits. Silence where the modem has answered before is silence, and is
    /// known `answer_within` this.
    pub async fn look(
        &mut self,
        link: &mut Link,
        courier: &Courier,
        credit: Option<&Question>,
        answer_within: Duration,
    ) -> Result<(), Failure> {
        if self.look_at.is_some_and(|due| Instant::now() < due) {
            return Ok(());
        }
        self.look_at = Some(Instant::now() + LOOK_EVERY);
        let now = courier.clock.now();
        if self.network_time {
            let reply = ask_within(link, "AT+CCLK?", Some("+CCLK:"), answer_within).await?;
            if let Some(network) = reply.values("+CCLK:").and_then(network_clock::read) {
                let sighting = Sighting { source: ClockSource::Nitz, network, at: courier.clock.now() };
                courier.status.send_modify(|status| status.clock = Some(sighting));
            }
        }
        if let Some(question) = credit
            && self.ask_credit_at.is_none_or(|due| now >= due)
            && courier.store.run(Store::counts).await?.waiting == 0
        {
            let found = ask_credit(link, question).await?;
            let next =
                if found.is_some() { SignedDuration::from_hours(question.every_h.into()) } else { ASK_AGAIN };
            self.ask_credit_at = Some(now + next);
            if let Some(credit) = found {
                courier.status.send_modify(|status| {
                    status.credit = credit.text();
                    status.credit_at = Some(now);
                    status.credit_low = question.low().is_some_and(|low| credit < low);
                });
            }
        }
        self.show_bearer(courier);
        Ok(())
    }

    /// After a submission: what went wrong twice in a row may be the bearer's fault.
    pub async fn submitted(
        &mut self,
        link: &mut Link,
        courier: &Courier,
        went_out: bool,
    ) -> Result<(), LinkError> {
        if went_out {
            self.bearers.went_out();
            return Ok(());
        }
        let Some(next) = self.bearers.missed() else { return Ok(()) };
        let told = ask_if_known(link, &format!("AT+CGSMS={}", next.service()), None).await?.is_ok();
        tracing::warn!(bearer = next.name(), told, "nothing goes out: another bearer for SMS is tried");
        if told {
            self.bearers.current = Some(next);
            self.show_bearer(courier);
        }
        Ok(())
    }

    fn show_bearer(&self, courier: &Courier) {
        let name = self.bearers.current.map_or("", Bearer::name);
        courier.status.send_if_modified(|status| std::mem::replace(&mut status.bearer, name) != name);
    }
}

/// What was handed over directly is on disk; a modem of phase 2+ hands over no more until it is told so.
pub async fn acknowledge(link: &mut Link, courier: &mut Courier) -> Result<(), LinkError> {
    const ANSWER: Duration = Duration::from_secs(5);
    while courier.owed_acks.is_some_and(|owed| owed > 0) {
        if !link.command("AT+CNMA", None, ANSWER).await?.is_ok() {
            link.command("AT+CNMA=0", None, ANSWER).await?;
        }
        courier.owed_acks = courier.owed_acks.map(|owed| owed - 1);
    }
    Ok(())
}

async fn ask_credit(link: &mut Link, question: &Question) -> Result<Option<Credit>, LinkError> {
    // 15: GSM alphabet, language unspecified (23.038 §5).
    let command = format!("AT+CUSD=1,\"{}\",15", question.ussd);
    let reply = ask_if_known(link, &command, Some("+CUSD:")).await?;
    if !reply.is_ok() {
        return Ok(None);
    }
    let said = match reply.values("+CUSD:") {
        Some(values) => Some(values.to_owned()),
        None => link.wait_ussd(USSD_TIMEOUT).await?,
    };
    let Some(said) = said else {
        tracing::info!("the operator does not answer the credit's USSD code");
        return Ok(None);
    };
    if said.starts_with('1') {
        // It waits for a choice; nobody chooses.
        ask_if_known(link, "AT+CUSD=2", None).await?;
    }
    let credit = ussd_text(&said).and_then(|text| Credit::find(&text, &question.after));
    if credit.is_none() {
        tracing::warn!(
            "the operator's answer to the credit's USSD code has no amount; see `after` in the configuration"
        );
    }
    Ok(credit)
}

/// `(0-3)` or `(0,1,2,3)`.
fn services(offer: &str) -> Vec<u8> {
    let inside = offer.trim().trim_start_matches('(').trim_end_matches(')');
    let range = |item: &str| {
        let (first, last) = item.split_once('-').unwrap_or((item, item));
        Some(first.trim().parse().ok()?..=last.trim().parse::<u8>().ok()?.min(3))
    };
    inside.split(',').filter_map(range).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bearers_are_those_that_the_modem_offers() {
        assert_eq!(services("(0-3)"), [0, 1, 2, 3]);
        assert_eq!(services("(1,3)"), [1, 3]);
        assert!(services("").is_empty() && services("(x-255)").is_empty());
        assert_eq!(services("(0-255)"), [0, 1, 2, 3]);
    }
}
