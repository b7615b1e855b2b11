//! The named profiles of modem_profiles.json: docs/hardware.md says what each covers, and each sends and receives here.

use std::collections::BTreeSet;

use chit_proto::sms_gateway::v1 as pb;
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use crate::foreign_modems::{TO, gateway, state, works};
use crate::lab::{UNCAPPED, notice, until};

const PROFILES: &str = include_str!("modem_profiles.json");
const HARDWARE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/hardware.md");
/// How many times a refused message is given its next try.
const TRIES_MAX: u32 = 6;

fn profiles() -> Map<String, Value> {
    serde_json::from_str(PROFILES).unwrap()
}

/// Each is in the table of the papers as `name`, and in a test below.
#[test]
fn every_profile_is_in_the_papers_and_tested() {
    let (papers, tests) = (std::fs::read_to_string(HARDWARE).unwrap(), include_str!("modem_profiles.rs"));
    let unnamed: BTreeSet<_> = profiles()
        .keys()
        .filter(|name| !papers.contains(&format!("`{name}`")) || !tests.contains(&format!("\"{name}\"")))
        .cloned()
        .collect();
    assert!(unnamed.is_empty(), "{unnamed:?}");
}

macro_rules! profiles_that_work {
    ($($name:ident: $profile:literal, $reports:expr;)*) => {$(
        #[tokio::test]
        async fn $name() {
            works(json!($profile), $reports).await;
        }
    )*};
}

profiles_that_work! {
    the_profile_sim_without_places_works: "sim-without-places", true;
    the_profile_stored_reports_only_works: "stored-reports-only", true;
    the_profile_no_reports_works: "no-reports", false;
    the_profile_prepaid_works: "prepaid", true;
    the_profile_at_in_numbers_works: "at-in-numbers", true;
    the_profile_hardly_a_command_works: "hardly-a-command", false;
    the_profile_acknowledged_reports_works: "acknowledged-reports", true;
}

fn settings(more: &str) -> String {
    format!("{UNCAPPED}answer_timeout_s = 5\nport = \"DIR/modem0\"\n{more}")
}

#[tokio::test]
async fn with_the_profile_one_reference_a_report_is_of_the_oldest_message_without_one() {
    let (_lab, client, mut foreign) = gateway(json!("one-reference"), &settings("")).await;
    let mut ids = Vec::new();
    for text in ["row 7", "row 8"] {
        let request = notice(TO, text);
        ids.push(request.message_id.clone());
        client.clone().send_message(request).await.unwrap();
        foreign.event("submit").await;
        until("it is submitted", async || {
            state(&client, ids.last().unwrap()).await == pb::MessageState::Submitted
        })
        .await;
    }
    foreign.order(json!({ "report": crate::foreign_modems::delivered(&json!(0)) })).await;
    until("the first is delivered", async || state(&client, &ids[0]).await == pb::MessageState::Delivered)
        .await;
    assert_eq!(state(&client, &ids[1]).await, pb::MessageState::Submitted);
}

#[tokio::test]
async fn with_the_profile_lte_without_circuits_another_bearer_is_found() {
    let (lab, client, mut foreign) = gateway(json!("lte-without-circuits"), &settings("")).await;
    let request = notice(TO, "row 7");
    let id = request.message_id.clone();
    client.clone().send_message(request).await.unwrap();
    let clock = chit_runtime::Clock::of(&lab.shared);
    let message = async || {
        let request = pb::GetMessageRequest { message_id: id.clone() };
        client.clone().get_message(request).await.unwrap().into_inner().message.unwrap()
    };
    for submits in 0..TRIES_MAX {
        let decided = [pb::MessageState::RetryWait, pb::MessageState::Submitted];
        // A refusal may follow so soon that nobody sees the state in between.
        until("it is refused or taken once more", async || {
            let now = message().await;
            now.submits > submits && decided.contains(&now.state())
        })
        .await;
        if message().await.state() == pb::MessageState::Submitted {
            break;
        }
        clock.advance(SignedDuration::from_mins(10)).unwrap();
    }
    assert_eq!(foreign.event("submit").await["event"], "submit");
    let modem = client.clone().get_modem(pb::GetModemRequest {}).await.unwrap().into_inner().modem.unwrap();
    assert_eq!(modem.bearer, "PACKET_PREFERRED");
}

#[tokio::test]
async fn with_the_profile_prepaid_credit_and_network_time_are_shown() {
    let credit = "[sms-gateway.credit]\nussd = \"*101#\"\nlow = \"5.00\"";
    let (_lab, client, _foreign) = gateway(json!("prepaid"), &settings(credit)).await;
    let modem =
        async || client.clone().get_modem(pb::GetModemRequest {}).await.unwrap().into_inner().modem.unwrap();
    until("credit and time are known", async || {
        let modem = modem().await;
        !modem.credit.is_empty() && modem.network_clock.is_some()
    })
    .await;
    let modem = modem().await;
    assert_eq!((modem.credit.as_str(), modem.credit_low), ("4.20", true));
    assert_eq!(modem.network_clock.unwrap().network_time.unwrap().seconds, 1_893_553_445);
}
