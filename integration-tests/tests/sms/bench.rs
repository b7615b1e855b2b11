//! Messages a second, own overhead, and submits per message under one lost answer, beside the incumbents.

use crate::figures::{self, spread};
use crate::lab::{Lab, Sent, UNCAPPED, ask, count_from, notice, number, sent_by};
use crate::peers::{Peer, Running};
use chit_proto::sms_gateway::v1 as pb;
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Messages of one round. The incumbents take up to a second for one.
const OURS: usize = 600;
const THEIRS: usize = 30;
/// They submit a second time about 62 s after the lost answer.
const SECOND_SUBMIT_MAX: Duration = Duration::from_secs(100);
const PATIENCE: Duration = Duration::from_secs(180);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement of some minutes, with other daemons: just bench-sms"]
async fn messages_a_second_beside_gammu_smsd_and_smstools() {
    let rounds = count_from("CHIT_SMS_ROUNDS", 5);
    let (mut one, mut four, mut with_reports, mut p99) = (vec![], vec![], vec![], vec![]);
    let (mut gammu, mut smstools) = (vec![], vec![]);
    for round in 0..rounds {
        smstools.push(theirs(Peer::Smstools).await);
        let (rate, gap) = ours(1, false).await;
        one.push(rate);
        p99.push(gap);
        gammu.push(theirs(Peer::Gammu).await);
        four.push(ours(4, false).await.0);
        with_reports.push(ours(1, true).await.0);
        println!(
            "round {round}: chit {:.0}/s (with reports {:.0}/s), four modems {:.0}/s, gap p99 {:.1} ms; \
             gammu-smsd {:.2}/s, smstools {:.2}/s",
            one[round], with_reports[round], four[round], p99[round], gammu[round], smstools[round]
        );
    }
    let ratio =
        |peer: &[f64]| spread(&one.iter().zip(peer).map(|(ours, theirs)| ours / theirs).collect::<Vec<_>>());
    let mut ratios = Map::new();
    ratios.insert("rate_vs_smstools".into(), ratio(&smstools));
    ratios.insert("rate_vs_gammu".into(), ratio(&gammu));
    let median = |values: &[f64]| spread(values)["median"].clone();
    let mut figures = Map::new();
    for (name, values) in [
        ("rate_1_modem", &one),
        ("rate_1_modem_with_reports", &with_reports),
        ("rate_4_modems", &four),
        ("overhead_p99_ms", &p99),
        ("rate_gammu", &gammu),
        ("rate_smstools", &smstools),
    ] {
        figures.insert(name.into(), median(values));
    }
    figures::record(rounds, ratios, figures);
}

#[tokio::test]
#[ignore = "waits 121 s for a late answer: just bench-sms"]
async fn one_lost_answer_is_one_submit_here_and_two_elsewhere() {
    let (chit, gammu, smstools, late) =
        tokio::join!(ours_lost(), theirs_lost(Peer::Gammu), theirs_lost(Peer::Smstools), ours_late());
    println!(
        "submits per queued message under one lost answer: chit {chit}, gammu-smsd {gammu}, smstools {smstools}"
    );
    let mut figures = Map::new();
    let values = [("chit", chit), ("gammu", gammu), ("smstools", smstools)];
    figures.extend(values.map(|(name, count)| (format!("submits_per_message_{name}"), Value::from(count))));
    figures.insert("submits_per_message_answered_after_121_s".into(), late.into());
    figures::record(0, Map::new(), figures);
    assert_eq!((chit, late), (1, 1));
}

/// Messages a second, and the 99th percentile of the time from one Ctrl-Z to the next by one modem in ms: the modem
/// takes no time, so all of it is overhead.
async fn ours(modems: usize, reports: bool) -> (f64, f64) {
    let lab_settings = format!("{UNCAPPED}reports = {reports}\n");
    let (lab, client) = Lab::started(modems, &lab_settings).await;
    // The queue is filled first: what is measured is the way from the disk to the modem and back.
    lab.fault("no_network", true);
    let count = OURS * modems.min(2);
    let mut senders = tokio::task::JoinSet::new();
    for lane in 0..16 {
        let client = client.clone();
        senders.spawn(async move {
            for at in (lane..count).step_by(16) {
                let text = format!("Row {at}, reply with its 6 digits");
                client.clone().send_message(notice(&number(at), &text)).await.unwrap();
            }
        });
    }
    senders.join_all().await;
    lab.fault("no_network", false);
    let began = Instant::now();
    while lab.sent().len() < count {
        assert!(began.elapsed() < PATIENCE, "{} of {count}", lab.sent().len());
        sleep(Duration::from_millis(100)).await;
    }
    let mut gaps: Vec<f64> = lab.modems.iter().flat_map(|modem| gaps(&sent_by(modem))).collect();
    gaps.sort_by(f64::total_cmp);
    (rate(&lab.sent()), gaps[gaps.len() * 99 / 100])
}

async fn theirs(peer: Peer) -> f64 {
    let mut running = Running::new(peer);
    for at in 0..THEIRS {
        running.queue(at, &number(at), &format!("Row {at}, reply with its 6 digits"));
    }
    running.start();
    let sent = running.wait_sent(THEIRS, PATIENCE).await;
    assert_eq!(sent.len(), THEIRS, "{peer:?} did not send");
    rate(&sent)
}

async fn ours_lost() -> usize {
    // As short as gammu's; 125 s otherwise.
    let (lab, client) = Lab::started(1, &format!("{UNCAPPED}answer_timeout_s = 10\n")).await;
    lab.fault("swallow_answer", 1);
    lab.fault("auto_deliver", false);
    client.clone().send_message(notice(&number(1), "one answer is lost")).await.unwrap();
    sleep(SECOND_SUBMIT_MAX).await;
    let modem = client.clone().get_modem(pb::GetModemRequest {}).await.unwrap().into_inner().modem.unwrap();
    assert_eq!(modem.unknown, 1);
    lab.sent().len()
}

/// The modem answers after 121 s, as slow as manuals allow: the message is then SUBMITTED, not UNKNOWN.
async fn ours_late() -> usize {
    let (lab, client) = Lab::started(1, UNCAPPED).await;
    lab.fault("delay_answer_ms", 121_000);
    lab.fault("auto_deliver", false);
    let request = notice(&number(1), "the answer is late");
    let id = request.message_id.clone();
    client.clone().send_message(request).await.unwrap();
    let mut events =
        client.clone().watch_messages(pb::WatchMessagesRequest::default()).await.unwrap().into_inner();
    let began = Instant::now();
    loop {
        let message = tokio::time::timeout(PATIENCE, events.message())
            .await
            .unwrap()
            .unwrap()
            .unwrap()
            .message
            .unwrap();
        assert_ne!(message.state(), pb::MessageState::Unknown, "after {:?}", began.elapsed());
        if message.message_id == id && message.state() == pb::MessageState::Submitted {
            break;
        }
    }
    assert!(began.elapsed() > Duration::from_secs(115));
    lab.sent().len()
}

async fn theirs_lost(peer: Peer) -> usize {
    let mut running = Running::new(peer);
    ask(&running.modem, json!({ "cmd": "fault", "name": "swallow_answer", "value": 1 }));
    running.queue(0, &number(1), "one answer is lost");
    running.start();
    running.wait_sent(2, SECOND_SUBMIT_MAX).await.len()
}

fn rate(sent: &[Sent]) -> f64 {
    let (first, last) =
        (sent.iter().map(|sent| sent.at).min().unwrap(), sent.iter().map(|sent| sent.at).max().unwrap());
    (sent.len() - 1) as f64 * 1000.0 / (last - first) as f64
}

fn gaps(sent: &[Sent]) -> Vec<f64> {
    sent.windows(2).map(|pair| (pair[1].at - pair[0].at) as f64).collect()
}
