//! Two modems: work is shared, a dialogue stays where it is.

use crate::lab::{Lab, UNCAPPED, ask, notice, number, sent_by, until};
use chit_proto::sms_gateway::v1 as pb;
use serde_json::json;
use std::collections::HashSet;

#[tokio::test]
async fn two_modems_share_the_work_and_each_number_stays_with_one_of_them() {
    let (lab, client) = Lab::started(2, UNCAPPED).await;
    for round in 0..4 {
        for at in 0..10 {
            client.clone().send_message(notice(&number(at), &format!("{round}.{at}"))).await.unwrap();
        }
    }
    until("all are out", async || lab.sent().len() == 40).await;
    let numbers: Vec<HashSet<String>> =
        lab.modems.iter().map(|modem| sent_by(modem).into_iter().map(|sent| sent.to).collect()).collect();
    assert!(numbers.iter().all(|numbers| !numbers.is_empty()), "one modem did nothing");
    assert!(numbers[0].is_disjoint(&numbers[1]), "a number was written to by two modems");
}

#[tokio::test]
async fn an_answer_goes_out_by_the_modem_that_was_written_to() {
    let (lab, client) = Lab::started(2, UNCAPPED).await;
    ask(&lab.modems[1], json!({ "cmd": "inject_sms", "from": number(7), "text": "?" }));
    let mut inbound =
        client.clone().watch_inbound(pb::WatchInboundRequest::default()).await.unwrap().into_inner();
    let came = inbound.message().await.unwrap().unwrap().inbound.unwrap();
    assert_eq!(came.modem, "m1");
    let answer = pb::SendMessageRequest { class: pb::MessageClass::Answer.into(), ..notice(&number(7), "!") };
    client.clone().send_message(answer).await.unwrap();
    until("the answer is out", async || sent_by(&lab.modems[1]).len() == 1).await;
}

#[tokio::test]
async fn a_long_notice_goes_in_parts_by_one_modem_and_is_delivered_when_all_are() {
    let (lab, client) = Lab::started(1, UNCAPPED).await;
    let text = "0123456789".repeat(40);
    let long = pb::SendMessageRequest { parts_max: 3, ..notice(&number(1), &text) };
    let id = long.message_id.clone();
    assert_eq!(client.clone().send_message(long).await.unwrap().into_inner().message.unwrap().parts, 3);
    until("delivered", async || {
        let request = pb::GetMessageRequest { message_id: id.clone() };
        let message = client.clone().get_message(request).await.unwrap().into_inner().message.unwrap();
        message.state() == pb::MessageState::Delivered
    })
    .await;
    let read: String = sent_by(&lab.modems[0]).into_iter().map(|sent| sent.text).collect();
    assert_eq!(read, text);
}
