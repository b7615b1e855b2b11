//! SIGKILL at every commit point: nothing is submitted twice while unknown messages are held, nothing that came is lost.

use crate::figures;
use crate::lab::{Lab, PATIENCE, UNCAPPED, ask, count_from, inbox, notice, number, until};
use chit_proto::sms_gateway::v1 as pb;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Per life of the gateway.
const QUEUED: usize = 3;
const RECEIVED: usize = 2;
/// A life at whose end nothing is left to do, or that hangs, is ended from outside.
const LIFE_MAX: Duration = Duration::from_secs(15);

/// Where it dies: the point and how often it is passed before. Commits are counted from the start of the process.
fn deaths() -> Vec<String> {
    let commits = (2..=16).flat_map(|at| ["before-commit", "after-commit"].map(|point| (point, at)));
    let dialogue = (1..=3).flat_map(|at| ["prompted", "submitted", "accepted"].map(|point| (point, at)));
    let storage = (1..=2).map(|at| ("before-delete", at));
    commits.chain(dialogue).chain(storage).map(|(point, at)| format!("{point}:{at}")).collect()
}

#[tokio::test]
async fn a_death_at_any_commit_point_sends_nothing_twice_and_loses_nothing_that_came() {
    let kills = count_from("CHIT_SMS_KILLS", 10);
    let deaths = deaths();
    let mut lab = Lab::new(1, UNCAPPED);
    let mut queue: BTreeMap<String, pb::SendMessageRequest> = BTreeMap::new();
    let (mut by_itself, mut injected) = (0, 0);
    for life in 0..kills {
        // With few kills the steps are wide, so that every kind of point is among them.
        let death = &deaths[life * deaths.len() / kills.min(deaths.len()) % deaths.len()];
        for at in 0..QUEUED {
            let request = notice(&number(life * QUEUED + at), &format!("notice {life}.{at}"));
            queue.insert(request.message_id.clone(), request);
        }
        for at in 0..RECEIVED {
            let text = format!("reply {life}.{at}");
            ask(&lab.modems[0], json!({ "cmd": "inject_sms", "from": number(injected), "text": text }));
            injected += 1;
        }
        lab.start(Some(death));
        by_itself += usize::from(live(&mut lab, &mut queue).await);
    }
    lab.start(None);
    let mut ids = HashSet::new();
    until("the last messages are queued", async || {
        lab.client().get_modem(pb::GetModemRequest {}).await.is_ok()
    })
    .await;
    for (id, request) in queue {
        lab.client().send_message(request).await.unwrap();
        ids.insert(id);
    }
    let client = lab.client();
    until("everything is settled", async || {
        client.clone().get_modem(pb::GetModemRequest {}).await.unwrap().into_inner().modem.unwrap().queued
            == 0
            && ask(&lab.modems[0], json!({ "cmd": "state" }))["used"] == 0
    })
    .await;
    report(&lab, kills, by_itself, injected).await;
}

/// Until it dies by itself (true), or has nothing left to do.
async fn live(lab: &mut Lab, queue: &mut BTreeMap<String, pb::SendMessageRequest>) -> bool {
    let deadline = Instant::now() + LIFE_MAX;
    let client = lab.client();
    loop {
        if lab.has_died() {
            return true;
        }
        let waiting: Vec<pb::SendMessageRequest> = queue.values().cloned().collect();
        for request in waiting {
            let id = request.message_id.clone();
            // No answer proves nothing: it is asked again with the same id, in another life perhaps.
            if client.clone().send_message(request).await.is_ok() {
                queue.remove(&id);
            }
        }
        let at_rest = match client.clone().get_modem(pb::GetModemRequest {}).await {
            Ok(modem) => modem.into_inner().modem.is_some_and(|modem| {
                queue.is_empty() && modem.queued == 0 && modem.state() == pb::ModemState::Ready
            }),
            Err(_) => false,
        };
        let stored = ask(&lab.modems[0], json!({ "cmd": "state" }))["used"].as_u64();
        if (at_rest && stored == Some(0)) || Instant::now() > deadline {
            lab.stop();
            return false;
        }
        sleep(Duration::from_millis(10)).await;
    }
}

async fn report(lab: &Lab, kills: usize, by_itself: usize, injected: usize) {
    let sent = lab.sent();
    let texts: HashSet<&str> = sent.iter().map(|sent| sent.text.as_str()).collect();
    let duplicates = sent.len() - texts.len();
    let came = inbox(&lab.client()).await;
    let different: HashSet<&str> = came.iter().map(|message| message.text.as_str()).collect();
    let (lost, doubled) = (injected - different.len(), came.len() - different.len());
    let unknown = modem_of(lab).await.unknown;
    println!(
        "{kills} deaths, {by_itself} of them at the chosen point; {} submitted, {unknown} unknown and held, \
         {duplicates} twice; {injected} came, {lost} lost, {doubled} doubled",
        sent.len()
    );
    assert!(by_itself * 2 >= kills, "the points are not passed any more");
    assert_eq!((duplicates, lost, doubled), (0, 0, 0));
    // Each was sent, or is unknown and was perhaps not: nothing was forgotten.
    assert!(sent.len() + unknown as usize >= kills * QUEUED, "a message was forgotten");
    if std::env::var_os("CHIT_SMS_KILLS").is_some() {
        let mut figures = Map::new();
        let values = [
            ("kills", kills),
            ("duplicate_submits", duplicates),
            ("lost_inbound", lost),
            ("doubled_inbound", doubled),
        ];
        figures.extend(values.map(|(name, value)| (name.to_owned(), Value::from(value))));
        figures::record(0, Map::new(), figures);
    }
}

async fn modem_of(lab: &Lab) -> pb::Modem {
    tokio::time::timeout(PATIENCE, lab.client().get_modem(pb::GetModemRequest {}))
        .await
        .unwrap()
        .unwrap()
        .into_inner()
        .modem
        .unwrap()
}
