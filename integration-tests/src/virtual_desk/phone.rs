//! The payers' phones: what the modem gave to the network for each number, and what is written on them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::VirtualDesk;
use super::scene::Fault;
use super::{follow, papers};
use crate::payer::row_in;

/// Reads every phone, until the modem is gone.
pub async fn read(desk: &Arc<VirtualDesk>) -> anyhow::Result<()> {
    let mut network = desk.modem.watch(0).await?;
    loop {
        let sms = network.until("an SMS", Duration::MAX, |event| event["event"] == "submitted").await?;
        if let (Some(to), Some(text)) = (sms["to"].as_str(), sms["text"].as_str()) {
            note(desk, to, false, text);
            follow::look_at_papers(desk)?;
            answer_wrong(desk, to, text).await?;
        }
    }
}

/// While that fault is on.
async fn answer_wrong(desk: &VirtualDesk, phone: &str, text: &str) -> anyhow::Result<()> {
    let scene = desk.scene();
    let card = scene.people().find(|person| person.phone == phone).and_then(|person| person.card);
    match row_in(text) {
        Some(row) if scene.faults.contains(&Fault::WrongReply) => match wrong_code(desk, card, row) {
            Some(wrong) => write(desk, phone, &wrong).await,
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

async fn write(desk: &VirtualDesk, phone: &str, text: &str) -> anyhow::Result<()> {
    desk.modem.ask(json!({ "cmd": "inject_sms", "from": phone, "text": text })).await?;
    note(desk, phone, true, text);
    Ok(())
}

/// Another wrong code for each row: the same one again would be no try.
fn wrong_code(desk: &VirtualDesk, card: Option<u32>, row: u32) -> Option<String> {
    let codes = papers::codes_of(&desk.papers, card?)?;
    let mut wrong = (row * 1000..).map(|code| format!("{code:06}"));
    wrong.find(|code| !codes.values().any(|right| right == code))
}

/// What was typed on the phone in hand.
pub async fn send(desk: &VirtualDesk, text: &str) -> anyhow::Result<()> {
    match desk.scene().person() {
        Some(person) if !person.phone.is_empty() => write(desk, &person.phone, text).await,
        _ => Ok(()),
    }
}

fn note(desk: &VirtualDesk, phone: &str, own: bool, text: &str) {
    desk.change(|scene| scene.write_down(phone, own, text));
    desk.keep();
}
