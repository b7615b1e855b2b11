//! A modem of other habits: what a well-known foreign simulator and real modems do, all at once.

use crate::lab::{Lab, UNCAPPED, ask, inbox, notice, number, until};
use chit_proto::sms_gateway::v1 as pb;
use serde_json::{Value, json};

#[tokio::test]
async fn a_modem_with_all_quirks_at_once_is_sent_through_and_received_from() {
    let mut lab = Lab::new(1, UNCAPPED);
    let quirks: [(&str, Value); 9] = [
        ("bare_at_error", true.into()),
        ("empty_list_321", true.into()),
        ("echo", false.into()),
        ("mr_always_zero", true.into()),
        ("slow_cpin_ms", 1500.into()),
        ("split_reads", 3.into()),
        ("nul_bytes", true.into()),
        ("urc_inside_cmgs", "^RSSI:9".into()),
        ("cnmi_ds", json!([0])),
    ];
    for (name, value) in quirks {
        lab.fault(name, value);
    }
    ask(&lab.modems[0], json!({ "cmd": "inject_sms", "from": number(1), "text": "PAY R7K2 481516" }));
    lab.start(None);
    let client = lab.client();
    until("serving", async || client.clone().get_modem(pb::GetModemRequest {}).await.is_ok()).await;
    for at in 0..5 {
        client.clone().send_message(notice(&number(at), &format!("to {at}"))).await.unwrap();
    }
    until("all are out and the SIM is empty", async || {
        lab.sent().len() == 5 && ask(&lab.modems[0], json!({ "cmd": "state" }))["used"] == 0
    })
    .await;
    assert_eq!(inbox(&client).await[0].text, "PAY R7K2 481516");
}

#[tokio::test]
async fn a_pdu_that_nobody_can_read_is_kept_for_a_person_and_leaves_the_sim() {
    let (lab, client) = Lab::started(1, UNCAPPED).await;
    ask(&lab.modems[0], json!({ "cmd": "inject_pdu", "pdu": "07FF0000000000000304FFFFFFFF" }));
    until("it has left the SIM", async || ask(&lab.modems[0], json!({ "cmd": "state" }))["used"] == 0).await;
    let kept = client.clone().list_undecoded(pb::ListUndecodedRequest::default()).await.unwrap().into_inner();
    assert_eq!(kept.undecoded[0].pdu, "07FF0000000000000304FFFFFFFF");
}
