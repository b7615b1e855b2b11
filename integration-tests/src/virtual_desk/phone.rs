//! The person's phone: what the modem gave to the network for their number.

use std::sync::{Arc, PoisonError};

use serde_json::json;

use super::VirtualDesk;
use super::papers;
use super::scene::{Fault, keep};
use crate::payer::Payer;

/// Starts reading the phone of the person at the desk.
pub async fn take_up(desk: &Arc<VirtualDesk>) -> anyhow::Result<()> {
    let Some(person) = desk.scene().person.clone() else { return Ok(()) };
    let payer = Payer::at_modem(desk.modem.clone(), person.phone).await?;
    let reading = tokio::spawn(read(desk.clone(), payer)).abort_handle();
    let before = desk.phone.lock().unwrap_or_else(PoisonError::into_inner).replace(reading);
    if let Some(before) = before {
        before.abort();
    }
    Ok(())
}

/// Until the modem is gone, or another person comes.
async fn read(desk: Arc<VirtualDesk>, mut payer: Payer) {
    while let Ok(sms) = payer.next_sms_ever().await {
        note(&desk, false, &sms.text);
        let scene = desk.scene();
        if let (Some(row), true) = (sms.row, scene.faults.contains(&Fault::WrongReply))
            && let Some(wrong) = wrong_code(&desk, scene.card, row)
            && write(&desk, &payer, &wrong).await.is_err()
        {
            return;
        }
    }
}

async fn write(desk: &VirtualDesk, payer: &Payer, text: &str) -> anyhow::Result<()> {
    payer.write(text).await?;
    note(desk, true, text);
    Ok(())
}

/// Another wrong code for each row: the same one again would be no try.
fn wrong_code(desk: &VirtualDesk, card: Option<u32>, row: u32) -> Option<String> {
    let codes = papers::codes_of(&desk.papers, card?)?;
    let mut wrong = (row * 1000..).map(|code| format!("{code:06}"));
    wrong.find(|code| !codes.values().any(|right| right == code))
}

/// What the person typed on the phone.
pub async fn send(desk: &VirtualDesk, text: &str) -> anyhow::Result<()> {
    let Some(person) = desk.scene().person.clone() else { return Ok(()) };
    desk.modem.ask(json!({ "cmd": "inject_sms", "from": person.phone, "text": text })).await?;
    note(desk, true, text);
    Ok(())
}

fn note(desk: &VirtualDesk, own: bool, text: &str) {
    desk.change(|scene| scene.write_down(own, text));
    if let Some(person) = &desk.scene().person
        && let Err(error) = keep(&desk.kept, person)
    {
        eprintln!("chit-demo: the phone's messages are not kept: {error:#}");
    }
}
