//! Receiving through the real binary, its socket and a pseudo terminal.

use crate::support::modem::Modem;
use crate::support::{Desk, until};
use chit_proto::sms_gateway::v1::{self as pb, Encoding, SenderKind};

/// "否" from +8613800138000.
const REPLY: &str = "00040D91683108108300F0000842114281509023025426";
/// The same sender, one second later: "hello" in GSM-7.
const SECOND: &str = "00040D91683108108300F000004211428150002305E8329BFD06";

#[tokio::test]
async fn a_reply_is_stored_before_it_is_deleted_and_acknowledged_for_good() {
    let modem = Modem::start();
    modem.with(|script| script.storage.insert(0, REPLY.into()));
    let mut desk = Desk::start(&modem.path, "").await;
    let first = desk.wait_inbound(0).await;
    assert_eq!((first.seq, first.text.as_str(), first.text_chars), (1, "否", 1));
    assert_eq!((first.sender_kind(), first.encoding()), (SenderKind::E164, Encoding::Ucs2));
    assert_eq!(first.from_e164, "+8613800138000");
    modem.receive(SECOND);
    assert_eq!(desk.wait_inbound(1).await.text, "hello");
    until("the SIM is empty", || async { modem.with(|script| script.storage.is_empty()) }).await;
    let ack = pb::AckInboundRequest { consumer: "checkout".into(), up_to_seq: 2 };
    assert_eq!(desk.client.ack_inbound(ack).await.unwrap().into_inner().acked_seq, 2);
    desk.kill_and_restart().await;
    let look = pb::AckInboundRequest { consumer: "checkout".into(), up_to_seq: 0 };
    assert_eq!(desk.client.ack_inbound(look).await.unwrap().into_inner().acked_seq, 2);
}

#[tokio::test]
async fn a_message_whose_deletion_was_lost_is_not_delivered_twice() {
    let modem = Modem::start();
    let desk = Desk::start(&modem.path, "").await;
    modem.receive(REPLY);
    desk.wait_inbound(0).await;
    until("deleted", || async { modem.with(|script| script.storage.is_empty()) }).await;
    modem.receive(REPLY);
    modem.receive(SECOND);
    assert_eq!(desk.wait_inbound(1).await.text, "hello");
}

#[tokio::test]
async fn pages_of_the_inbox_are_newest_first() {
    let modem = Modem::start();
    let mut desk = Desk::start(&modem.path, "").await;
    modem.receive(REPLY);
    modem.receive(SECOND);
    desk.wait_inbound(1).await;
    let page = pb::ListInboundRequest { page_size: 1, page_token: String::new() };
    let newest = desk.client.list_inbound(page).await.unwrap().into_inner();
    assert_eq!(newest.inbound[0].seq, 2);
    let page = pb::ListInboundRequest { page_size: 1, page_token: newest.next_page_token };
    let oldest = desk.client.list_inbound(page).await.unwrap().into_inner();
    assert_eq!((oldest.inbound[0].seq, oldest.next_page_token.as_str()), (1, ""));
}
