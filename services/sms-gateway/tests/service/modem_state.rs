//! What callers see of the modem.

use crate::support::modem::{Modem, Script};
use crate::support::{Desk, message, until};
use chit_proto::sms_gateway::v1::{MessageClass, MessageState, ModemState};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

const ID: &str = "01JDTESTTESTTESTTESTTEST01";

#[tokio::test]
async fn a_silent_modem_is_seen_within_three_seconds_and_comes_back() {
    let modem = Modem::start();
    let desk = Desk::start(&modem.path, "").await;
    assert_eq!(desk.wait_modem(ModemState::Ready).await.model, "Test modem");
    let silent_since = Instant::now();
    modem.with(|script| script.mute = true);
    desk.wait_modem(ModemState::Degraded).await;
    // 2.5 s by design; the rest is for a loaded machine.
    assert!(silent_since.elapsed() < Duration::from_secs(4), "{:?}", silent_since.elapsed());
    desk.wait_modem(ModemState::Absent).await;
    desk.send(message(ID, MessageClass::Challenge)).await.unwrap();
    modem.with(|script| script.mute = false);
    desk.wait_message(ID, MessageState::Submitted).await;
}

/// A question beside its work waits no longer than the heartbeat does.
#[tokio::test]
async fn a_modem_that_falls_silent_when_it_is_asked_the_time_is_seen_as_soon() {
    let modem = Modem::start();
    modem.with(|script| script.mute_at = "AT+CCLK?");
    let desk = Desk::start(&modem.path, "").await;
    desk.wait_modem(ModemState::Ready).await;
    let silent_since = Instant::now();
    desk.wait_modem(ModemState::Degraded).await;
    assert!(silent_since.elapsed() < Duration::from_secs(4), "{:?}", silent_since.elapsed());
}

#[tokio::test]
async fn without_a_network_messages_wait() {
    let modem = Modem::start();
    modem.with(|script| script.unregistered = true);
    let desk = Desk::start(&modem.path, "").await;
    desk.wait_modem(ModemState::NoNetwork).await;
    desk.send(message(ID, MessageClass::Challenge)).await.unwrap();
    modem.with(|script| script.unregistered = false);
    desk.wait_message(ID, MessageState::Submitted).await;
}

#[tokio::test]
async fn a_locked_sim_gets_its_pin_again_after_every_power_cut() {
    let modem = Modem::start();
    modem.with(|script| script.sim = "SIM PIN".into());
    let mut desk = Desk::start(&modem.path, "").await;
    desk.wait_modem(ModemState::SimLocked).await;
    modem.with(|script| assert!(script.pins.is_empty()));

    give_pin(&mut desk).await;
    desk.wait_modem(ModemState::Ready).await;
    for power_cuts in 1..=3 {
        modem.with(|script| script.sim = "SIM PIN".into());
        desk.kill_and_restart().await;
        desk.wait_modem(ModemState::Ready).await;
        modem.with(|script| assert_eq!(script.pins.len(), power_cuts + 1));
    }
}

#[tokio::test]
async fn a_pin_that_the_sim_refused_is_never_tried_again() {
    let modem = Modem::start();
    modem.with(|script| (script.sim, script.refuses_pin) = ("SIM PIN".into(), true));
    let mut desk = Desk::start(&modem.path, "").await;
    give_pin(&mut desk).await;
    desk.wait_modem(ModemState::SimLocked).await;
    for _ in 0..2 {
        modem.with(|script| script.looks = 0);
        desk.kill_and_restart().await;
        desk.wait_modem(ModemState::SimLocked).await;
        until("the SIM is looked at", || async { modem.with(|script| script.looks > 1) }).await;
    }
    modem.with(|script| assert_eq!(script.pins, ["\"4321\""]));
}

#[tokio::test]
async fn a_memory_without_a_place_is_not_used() {
    let modem = Modem::start();
    modem.with(|script| script.places.insert("SM".into(), 0));
    let desk = Desk::start(&modem.path, "").await;
    let ready = desk.wait_modem(ModemState::Ready).await;
    assert_eq!((ready.storage_used, ready.storage_total), (0, 50));
    let chosen =
        |script: &mut Script| script.heard.iter().rfind(|line| line.starts_with("AT+CPMS=\"")).cloned();
    assert_eq!(modem.with(chosen).as_deref(), Some("AT+CPMS=\"ME\",\"ME\",\"ME\""));
}

#[tokio::test]
async fn a_modem_with_no_place_at_all_is_in_trouble_and_sends_nothing() {
    let modem = Modem::start();
    modem.with(|script| script.places.extend([("SM".into(), 0), ("ME".into(), 0)]));
    let desk = Desk::start(&modem.path, "").await;
    desk.send(message(ID, MessageClass::Challenge)).await.unwrap();
    assert_eq!(desk.wait_modem(ModemState::Failed).await.trouble, "NO_STORAGE");
    modem.with(|script| assert!(script.submitted.is_empty()));
}

#[tokio::test]
async fn announcements_are_set_up_with_what_the_modem_offers() {
    for (offer, taken, reports_missing) in [
        ("(0-3),(0,1),(0,2,3),(0,2),(1)", "AT+CNMI=2,1,0,2,1", false),
        ("(1),(1),(2),(0),(0)", "AT+CNMI=1,1,2,0,0", true),
    ] {
        let modem = Modem::start();
        modem.with(|script| script.cnmi = offer.into());
        let desk = Desk::start(&modem.path, "").await;
        assert_eq!(desk.wait_modem(ModemState::Ready).await.reports_missing, reports_missing);
        modem.with(|script| assert!(script.heard.iter().any(|line| line == taken), "{:?}", script.heard));
    }
}

#[tokio::test]
async fn without_reports_a_message_ends_as_report_timeout() {
    let modem = Modem::start();
    modem.with(|script| script.cnmi = "(2),(1),(0),(0),(0)".into());
    let desk = Desk::start(&modem.path, "").await;
    desk.send(message(ID, MessageClass::Challenge)).await.unwrap();
    desk.wait_message(ID, MessageState::Submitted).await;
    desk.advance(25 * 3600 + 60);
    desk.wait_message(ID, MessageState::ReportTimeout).await;
}

/// From its next start on.
async fn give_pin(desk: &mut Desk) {
    let pin_file = desk.path().join("pin");
    std::fs::write(&pin_file, "4321\n").unwrap();
    std::fs::set_permissions(&pin_file, Permissions::from_mode(0o600)).unwrap();
    let file = desk.path().join("chit.toml");
    let text = std::fs::read_to_string(&file).unwrap() + &format!("pin_file = \"{}\"\n", pin_file.display());
    std::fs::write(&file, text).unwrap();
    desk.kill_and_restart().await;
}

#[tokio::test]
async fn no_pin_is_tried_until_the_sim_says_how_many_tries_are_left() {
    for (unclear, clear, tried) in [
        ("", "\r\n+CPINR: SIM PIN,3,3\r\n\r\nOK\r\n", true),
        ("\r\n+CME ERROR: 14\r\n", "\r\n+CPINR: SIM PIN,1,3\r\n\r\nOK\r\n", false),
    ] {
        let modem = Modem::start();
        modem.with(|script| (script.sim, script.tries) = ("SIM PIN".into(), Some(unclear.into())));
        let mut desk = Desk::start(&modem.path, "").await;
        give_pin(&mut desk).await;
        desk.wait_modem(ModemState::SimLocked).await;
        modem.with(|script| {
            assert!(script.pins.is_empty(), "tried after {unclear:?}");
            script.tries = Some(clear.into());
            script.looks = 0;
        });
        let seen =
            || async { modem.with(|script| if tried { script.pins.len() == 1 } else { script.looks > 1 }) };
        until("the SIM is looked at again", seen).await;
        modem.with(|script| assert_eq!(script.pins.is_empty(), !tried));
    }
}

#[tokio::test]
async fn a_pin_gets_no_second_try_when_the_sim_keeps_its_name_to_itself_or_writes_it_otherwise() {
    let modem = Modem::start();
    modem.with(|script| (script.sim, script.iccid) = ("SIM PIN".into(), "8986010000000000001F".into()));
    let mut desk = Desk::start(&modem.path, "").await;
    give_pin(&mut desk).await;
    desk.wait_modem(ModemState::Ready).await;
    modem.with(|script| (script.sim, script.iccid) = ("SIM PIN".into(), String::new()));
    desk.kill_and_restart().await;
    desk.wait_modem(ModemState::SimLocked).await;
    modem.with(|script| {
        assert_eq!(script.pins.len(), 1, "it may be another SIM");
        (script.iccid, script.refuses_pin) = ("8986010000000000001".into(), true);
    });
    desk.kill_and_restart().await;
    until("the SIM, by another spelling", || async { modem.with(|script| script.pins.len() == 2) }).await;
    for iccid in ["8986010000000000001F", "8986010000000000001", ""] {
        modem.with(|script| script.iccid = iccid.into());
        desk.kill_and_restart().await;
        desk.wait_modem(ModemState::SimLocked).await;
        modem.with(|script| assert_eq!(script.pins.len(), 2, "{iccid:?}"));
    }
}
