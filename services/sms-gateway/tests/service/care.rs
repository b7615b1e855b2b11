//! What the modem is asked beside its messages.

use crate::support::modem::Modem;
use crate::support::{Desk, message};
use chit_proto::sms_gateway::v1::{MessageClass, MessageState, ModemState};

const ID: &str = "01JDTESTTESTTESTTESTTEST01";
const OTHER_ID: &str = "01JDTESTTESTTESTTESTTEST02";

#[tokio::test]
async fn the_credit_of_the_sim_is_shown_and_a_low_one_is_warned_about() {
    let modem = Modem::start();
    modem.with(|script| script.ussd = "Your balance is 4.20 EUR".into());
    let settings = "[sms-gateway.credit]\nussd = \"*101#\"\nlow = \"5.00\"";
    let desk = Desk::start(&modem.path, settings).await;
    let told = desk.wait_modem_where("credit", |modem| !modem.credit.is_empty()).await;
    assert_eq!((told.credit.as_str(), told.credit_low), ("4.20", true));
    assert!(told.credit_time.is_some());
    let asked = modem.with(|script| script.heard.iter().any(|line| line == "AT+CUSD=1,\"*101#\",15"));
    assert!(asked);
}

#[tokio::test]
async fn the_networks_time_is_offered() {
    let modem = Modem::start();
    modem.with(|script| script.clock = "\"30/01/02,11:04:05+32\"".into());
    let desk = Desk::start(&modem.path, "").await;
    let told = desk.wait_modem_where("time", |modem| modem.network_clock.is_some()).await;
    let clock = told.network_clock.unwrap();
    assert_eq!(clock.source, "NITZ");
    assert_eq!(clock.network_time.unwrap().seconds, 1_893_553_445);
    assert!(clock.local_time.is_some());
}

/// An LTE network without the circuit service that the modem was set to.
#[tokio::test]
async fn a_modem_whose_bearer_takes_nothing_is_told_to_use_another() {
    let modem = Modem::start();
    modem.with(|script| (script.service, script.only_service) = (1, Some(2)));
    let desk = Desk::start(&modem.path, "").await;
    desk.wait_modem(ModemState::Ready).await;
    desk.send(message(ID, MessageClass::Challenge)).await.unwrap();
    let refused = desk.wait_message(ID, MessageState::RetryWait).await;
    assert_eq!(refused.failure_reason, "CMS_ERROR_41");
    desk.send(message(OTHER_ID, MessageClass::Challenge)).await.unwrap();
    let other = desk.wait_message(OTHER_ID, MessageState::RetryWait).await;
    desk.advance(31);
    desk.wait_message_after(ID, MessageState::RetryWait, other.revision).await;
    desk.wait_message(OTHER_ID, MessageState::Submitted).await;
    desk.advance(121);
    desk.wait_message(ID, MessageState::Submitted).await;
    desk.wait_modem_where("bearer", |modem| modem.bearer == "PACKET_PREFERRED").await;
    let told: Vec<String> = modem.with(|script| {
        script
            .heard
            .iter()
            .filter(|line| line.starts_with("AT+CGSMS=") && !line.ends_with('?'))
            .cloned()
            .collect()
    });
    assert_eq!(told, ["AT+CGSMS=3", "AT+CGSMS=2"]);
}
