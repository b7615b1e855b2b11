//! Modems that hang, restart, move to another port or wait for a person.

use crate::foreign_modems::{Foreign, REPLY, SECOND, TO, delivered, gateway, state};
use crate::lab::{Client, Lab, UNCAPPED, inbox, notice, until};
use chit_proto::sms_gateway::v1 as pb;
use serde_json::json;
use tokio::time::timeout;

fn at_modem0(settings: &str) -> String {
    format!("{UNCAPPED}port = \"DIR/modem0\"\n{settings}\n")
}

/// Waits for the state through the event stream.
async fn wait_modem(client: &Client, wanted: pb::ModemState) -> pb::Modem {
    let mut stream = client.clone().watch_modem(pb::WatchModemRequest {}).await.unwrap().into_inner();
    let wait = async {
        loop {
            let modem = stream.message().await.unwrap().unwrap().modem.unwrap();
            if modem.state() == wanted {
                return modem;
            }
        }
    };
    timeout(crate::lab::PATIENCE, wait).await.unwrap_or_else(|_| panic!("the modem never became {wanted:?}"))
}

#[tokio::test]
async fn a_modem_that_hangs_is_restarted_only_if_the_owner_allows_it() {
    let hung = json!({ "dead_until_cfun": true });
    let (_lab, client, mut modem) = gateway(hung, &at_modem0("reset = \"cfun\"")).await;
    client.clone().send_message(notice(TO, "row 7")).await.unwrap();
    modem.event("restart").await;
    modem.event("submit").await;
}

#[tokio::test]
async fn a_modem_that_stays_silent_is_given_to_a_person_and_never_restarted_unasked() {
    let (_lab, client, mut modem) = gateway(json!({ "dead_until_cfun": true }), &at_modem0("")).await;
    let failed = wait_modem(&client, pb::ModemState::Failed).await;
    assert_eq!(failed.trouble, "SILENT");
    // Its events so far: none. A person may restart it by hand.
    modem.order(json!({ "used": true })).await;
    assert_eq!(modem.next().await["event"], "used", "nothing was understood before");
}

#[tokio::test]
async fn a_modem_is_found_at_another_port_by_its_imei() {
    for own_port in ["usb-none", "usb-other"] {
        let settings = format!(
            "{UNCAPPED}port = \"DIR/by-id/{own_port}\"\nports_dir = \"DIR/by-id\"\nimei = \"490154203237518\"\n"
        );
        let mut lab = Lab::new(0, &settings);
        let ports = lab.dir.path().join("by-id");
        std::fs::create_dir(&ports).unwrap();
        let _other = Foreign::start(&ports.join("usb-other"), json!({ "imei": "490154203237526" })).await;
        let mut right = Foreign::start(&ports.join("usb-right"), json!({ "imei": "490154203237518" })).await;
        lab.start(None);
        let client = lab.client();
        until("serving", async || client.clone().get_modem(pb::GetModemRequest {}).await.is_ok()).await;
        let request = notice(TO, "row 7");
        let id = request.message_id.clone();
        client.clone().send_message(request).await.unwrap();
        right.event("submit").await;
        until("it is submitted", async || state(&client, &id).await == pb::MessageState::Submitted).await;
    }
}

#[tokio::test]
async fn a_modem_that_restarts_without_a_word_is_set_up_again() {
    let (_lab, client, mut modem) = gateway(json!({}), &at_modem0("")).await;
    wait_modem(&client, pb::ModemState::Ready).await;
    modem.order(json!({ "sms": REPLY })).await;
    until("it works", async || inbox(&client).await.len() == 1).await;
    modem.order(json!({ "reset": true, "used": true })).await;
    modem.event("used").await;
    // Its echo is back, so the next heartbeat knows; without a new CNMI no report would come.
    while !modem.event("command").await["text"].as_str().unwrap().starts_with("+CNMI=") {}
    let request = notice(TO, "row 7");
    let id = request.message_id.clone();
    client.clone().send_message(request).await.unwrap();
    let submit = modem.event("submit").await;
    modem.order(json!({ "report": delivered(&submit["reference"]), "sms": SECOND })).await;
    until("the report came", async || state(&client, &id).await == pb::MessageState::Delivered).await;
}

#[tokio::test]
async fn a_sim_that_wants_its_puk_is_given_nothing_at_all() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), "4321").unwrap();
    let settings = at_modem0(&format!("pin_file = \"{}\"", secret.path().display()));
    let (_lab, client, mut modem) = gateway(json!({ "pin": "SIM PUK" }), &settings).await;
    wait_modem(&client, pb::ModemState::SimPuk).await;
    // Two more looks at the SIM, and no code was entered before them.
    for _ in 0..2 {
        loop {
            let event = modem.next().await;
            assert_ne!(event["event"], "pin", "a code was entered: {event}");
            if event["text"] == "+CPIN?" {
                break;
            }
        }
    }
}
