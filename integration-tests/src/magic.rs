//! Magic amounts: in the sandbox, the last four digits of a sale's total choose what goes wrong with it. But for the refused
//! one, which is checkout's own, all of it happens at the far ends of wires, by the knobs of the simulated devices and by
//! a payer who answers as the amount says; the services know nothing of it.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;
use chit_proto::checkout::v1::event::Resource;
use chit_proto::checkout::v1::{Attention, Sale, SaleState, WatchEventsRequest};
use jiff::Timestamp;
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::control::Control;
use crate::desk::Desk;
use crate::house::{House, Simulators};
use crate::payer::{Answer, Payer, Sms};

/// What a total that ends in a number makes happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trick {
    /// By checkout itself (SANDBOX_REFUSED_ENDING): a refusal must be there before any far end can hear of the sale.
    Refused,
    PaperOut,
    WrongOnce,
    NotMe,
    Silent,
    CameraLost,
    ModemOff,
}

pub struct Row {
    /// The last four digits of the total in minor units.
    pub ending: i64,
    pub trick: Trick,
    pub says: &'static str,
}

const fn row(ending: i64, trick: Trick, says: &'static str) -> Row {
    Row { ending, trick, says }
}

pub const TABLE: [Row; 7] = [
    row(
        9001,
        Trick::Refused,
        "checkout takes the till's limit for used up: `risk_result` has OVER_TILL_LIMIT, CommitSale is refused with \
         FAILED_PRECONDITION, OVER_TILL_LIMIT, and no Approval helps; nothing is printed or owed",
    ),
    row(9002, Trick::PaperOut, "the paper is out; 5 s after the receipt is BLOCKED it is refilled"),
    row(9003, Trick::WrongOnce, "the payer replies a wrong code once, then the right one"),
    row(9004, Trick::NotMe, "the payer replies `0`: the sale is REJECTED, the code frozen, a dispute opens"),
    row(9005, Trick::Silent, "the payer never replies"),
    row(9006, Trick::CameraLost, "the camera is lost in the middle of the clip: the evidence is PARTIAL"),
    row(
        9007,
        Trick::ModemOff,
        "the modem is off for 5 s from the commit on: the sale stays QUEUED, no row is burned",
    ),
];

const ENDINGS: i64 = 10_000;
const OUTAGE: Duration = Duration::from_secs(5);
/// A sale that is given up after the payer was scanned does not keep the paper away for ever.
const PAPER_OUT_MAX: Duration = Duration::from_secs(30);
/// How long the payer waits for the answer to a wrong code.
const ANSWER_MAX: Duration = Duration::from_secs(30);
const REOPEN_PAUSE: Duration = Duration::from_millis(100);

pub fn trick_of(total_minor: i64) -> Option<Trick> {
    TABLE.iter().find(|row| row.ending == total_minor.rem_euclid(ENDINGS)).map(|row| row.trick)
}

/// Watches the sales of a house and plays tricks on its devices.
pub struct Devices {
    desk: Desk,
    printer: Control,
    camera: Control,
    modem: Control,
    since: Timestamp,
    played: BTreeSet<(String, &'static str)>,
}

impl Devices {
    /// Sales from before this moment are left alone.
    pub async fn of(house: &House) -> anyhow::Result<Self> {
        let Simulators { printer, camera, modem, .. } = &house.simulators;
        let (printer, camera, modem) = (printer.clone(), camera.clone(), modem.clone());
        let desk = Desk::at(house).await?;
        let since = desk.business_time().await?;
        Ok(Self { desk, printer, camera, modem, since, played: BTreeSet::new() })
    }

    /// Until a simulator is gone.
    pub async fn play(mut self) -> anyhow::Result<()> {
        let mut revision = 0;
        loop {
            let request = WatchEventsRequest { after_revision: revision, subject_id: String::new() };
            if let Ok(answer) = self.desk.events.clone().watch_events(request).await {
                let mut events = answer.into_inner();
                while let Ok(Some(answer)) = events.message().await {
                    let Some(event) = answer.event else { continue };
                    revision = event.revision;
                    let time = event.time.as_ref().and_then(chit_runtime::clock::from_proto);
                    if let Some(Resource::Sale(sale)) = event.resource
                        && time >= Some(self.since)
                    {
                        self.see(&sale).await?;
                    }
                }
            }
            sleep(REOPEN_PAUSE).await;
        }
    }

    async fn see(&mut self, sale: &Sale) -> anyhow::Result<()> {
        let total = sale.total.as_ref().map_or(0, |total| total.amount_minor);
        let needs = |wanted| sale.attention().any(|needed| needed == wanted);
        match trick_of(total) {
            Some(Trick::PaperOut) if sale.state() == SaleState::PayerOk && self.first(sale, "out") => {
                self.printer.fault("paper_out", json!(true)).await?;
                refill(self.printer.clone(), PAPER_OUT_MAX);
            }
            Some(Trick::PaperOut) if needs(Attention::PrintBlocked) && self.first(sale, "blocked") => {
                refill(self.printer.clone(), OUTAGE);
            }
            Some(Trick::CameraLost) if needs(Attention::Release) && self.first(sale, "camera") => {
                let lost = json!({ "cmd": "fault", "name": "lose_after_frames", "value": 1, "once": true });
                self.camera.ask(lost).await?;
            }
            Some(Trick::ModemOff) if sale.state() == SaleState::Committed && self.first(sale, "modem") => {
                self.modem.fault("off", json!(true)).await?;
                let modem = self.modem.clone();
                tokio::spawn(async move {
                    sleep(OUTAGE).await;
                    modem.fault("off", json!(false)).await
                });
            }
            _ => {}
        }
        Ok(())
    }

    fn first(&mut self, sale: &Sale, step: &'static str) -> bool {
        self.played.insert((sale.sale_id.clone(), step))
    }
}

fn refill(printer: Control, after: Duration) {
    tokio::spawn(async move {
        sleep(after).await;
        printer.fault("paper_out", json!(false)).await
    });
}

/// Answers every challenge as the amounts in it say.
pub async fn answer_for_ever(mut payer: Payer) -> anyhow::Result<()> {
    let mut asked = BTreeSet::new();
    loop {
        let sms = match payer.next_sms_ever().await? {
            Sms { row: Some(row), text } if asked.insert(row) => (row, text),
            _ => continue,
        };
        reply(&mut payer, sms.0, &sms.1).await.context("the payer's phone")?;
    }
}

async fn reply(payer: &mut Payer, row: u32, text: &str) -> anyhow::Result<()> {
    match amounts_in(text).into_iter().find_map(trick_of) {
        Some(Trick::Silent) => Ok(()),
        Some(Trick::NotMe) => payer.answer(row, Answer::NotMe).await,
        Some(Trick::WrongOnce) => {
            payer.answer(row, Answer::Wrong(0)).await?;
            // The shop says that it was wrong; if it does not, the right code is due all the same.
            let _ = timeout(ANSWER_MAX, payer.next_sms_ever()).await;
            payer.answer(row, Answer::Right).await
        }
        _ => payer.answer(row, Answer::Right).await,
    }
}

/// In minor units: `消费5000.00元`, `CNY 90.03`. Nothing else in a challenge has a point between digits.
fn amounts_in(text: &str) -> Vec<i64> {
    let mut amounts = Vec::new();
    for (at, _) in text.match_indices('.') {
        let whole = &text[..at];
        let whole = &whole[whole.trim_end_matches(|c: char| c.is_ascii_digit()).len()..];
        let fraction: String = text[at + 1..].chars().take_while(char::is_ascii_digit).collect();
        if let (false, 2, Ok(amount)) =
            (whole.is_empty(), fraction.len(), format!("{whole}{fraction}").parse())
        {
            amounts.push(amount);
        }
    }
    amounts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_four_digits_of_the_total_choose_the_trick() {
        assert_eq!((trick_of(9001), trick_of(9002)), (Some(Trick::Refused), Some(Trick::PaperOut)));
        assert_eq!(trick_of(19_004), Some(Trick::NotMe));
        assert_eq!((trick_of(9000), trick_of(1_250)), (None, None));
    }

    #[test]
    fn amounts_are_read_from_a_challenge_in_both_languages() {
        let zh = "【惠民便利小店】11月24日消费90.03元,单8F3K。付款回卡上第23行6位数,非本人回0。24时内有效。凭证7K2M9QX4TD";
        assert_eq!(amounts_in(zh), [9003]);
        let en = "HUIMIN SHOPS: 24 Nov 18:05 CNY 190.04 no 8F3K. To pay reply row 23 of your card (6 digits). Not you: 0.";
        assert_eq!(amounts_in(en), [19_004]);
        assert_eq!(amounts_in("12.00元8F3K,90.05元8F3M,付款回卡41行码,否回0"), [1200, 9005]);
    }
}
