//! Many messages through a SIM with fifty places.

use crate::figures;
use crate::lab::{Lab, UNCAPPED, ask, count_from, inbox, number};
use serde_json::{Map, json};
use std::collections::HashSet;
use std::time::{Duration, Instant};
use tokio::time::sleep;

const DEADLINE: Duration = Duration::from_secs(600);

#[tokio::test]
async fn many_messages_through_a_small_sim_are_neither_lost_nor_doubled() {
    let count = count_from("CHIT_SMS_INBOUND", 1000);
    let (lab, client) = Lab::started(1, UNCAPPED).await;
    let modem = &lab.modems[0];
    let began = Instant::now();
    for at in 0..count {
        ask(modem, json!({ "cmd": "inject_sms", "from": number(at), "text": format!("reply {at}") }));
    }
    loop {
        let state = ask(modem, json!({ "cmd": "state" }));
        if state["waiting"] == 0 && state["used"] == 0 {
            break;
        }
        assert!(began.elapsed() < DEADLINE, "{state}");
        sleep(Duration::from_millis(20)).await;
    }
    let took = began.elapsed();
    let came = inbox(&client).await;
    let texts: HashSet<&str> = came.iter().map(|message| message.text.as_str()).collect();
    println!("{count} came in {took:.1?}: {} stored, {} different", came.len(), texts.len());
    assert_eq!((came.len(), texts.len()), (count, count));
    if std::env::var_os("CHIT_SMS_INBOUND").is_some() {
        let mut figures = Map::new();
        figures.insert("inbound".into(), count.into());
        figures.insert("inbound_lost".into(), (count - texts.len()).into());
        figures.insert("inbound_doubled".into(), (came.len() - texts.len()).into());
        figures.insert("inbound_per_s".into(), (count as f64 / took.as_secs_f64()).round().into());
        figures::record(0, Map::new(), figures);
    }
}
