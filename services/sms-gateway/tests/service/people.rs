//! What a person at the PC decides, and what guards the shop from mistakes.

use crate::support::modem::{Fate, Modem};
use crate::support::{Desk, message};
use chit_proto::sms_gateway::v1::{self as pb, MessageClass, MessageState, ModemState};
use chit_runtime::error::reason_of;
use tonic::Code;

const ID: &str = "01JDTESTTESTTESTTESTTEST01";
const OTHER_ID: &str = "01JDTESTTESTTESTTESTTEST02";
const THIRD_ID: &str = "01JDTESTTESTTESTTESTTEST03";

fn to(id: &str, number: &str) -> pb::SendMessageRequest {
    pb::SendMessageRequest { to: number.into(), ..message(id, MessageClass::Notice) }
}

#[tokio::test]
async fn a_held_message_waits_for_its_release() {
    let modem = Modem::start();
    modem.with(|script| script.unregistered = true);
    let mut desk = Desk::start(&modem.path, "").await;
    desk.wait_modem(ModemState::NoNetwork).await;
    desk.send(to(ID, "+8613800138000")).await.unwrap();
    let hold = pb::HoldMessageRequest { request_id: "h".into(), message_id: ID.into() };
    let first = desk.client.hold_message(hold.clone()).await.unwrap().into_inner();
    assert!(first.message.as_ref().unwrap().held);
    assert_eq!(desk.client.hold_message(hold).await.unwrap().into_inner(), first);
    desk.send(to(OTHER_ID, "+8613800138001")).await.unwrap();
    modem.with(|script| script.unregistered = false);
    desk.wait_message(OTHER_ID, MessageState::Submitted).await;
    modem.with(|script| assert_eq!(script.submitted.len(), 1));
    let release = pb::ReleaseMessageRequest { request_id: "r".into(), message_id: ID.into() };
    desk.client.release_message(release).await.unwrap();
    desk.wait_message(ID, MessageState::Submitted).await;
}

#[tokio::test]
async fn an_unknown_message_goes_again_only_when_a_person_accepts_a_second_copy() {
    let modem = Modem::start();
    modem.with(|script| script.fates.push_back(Fate::Swallow));
    let mut desk = Desk::start(&modem.path, "answer_timeout_s = 1").await;
    desk.send(to(ID, "+8613800138000")).await.unwrap();
    let unknown = desk.wait_message(ID, MessageState::Unknown).await;
    let resend = |accept_duplicate, request_id: &str| pb::ResendMessageRequest {
        request_id: request_id.into(),
        message_id: ID.into(),
        accept_duplicate,
    };
    let refused = desk.client.resend_message(resend(false, "a")).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("DUPLICATE_NOT_ACCEPTED"));
    desk.client.resend_message(resend(true, "b")).await.unwrap();
    let sent = desk.wait_message_after(ID, MessageState::Submitted, unknown.revision).await;
    assert_eq!((sent.submits, sent.possible_duplicate), (2, true));
    let again = desk.client.resend_message(resend(true, "c")).await.unwrap_err();
    assert_eq!(reason_of(&again).as_deref(), Some("MESSAGE_NOT_RESENDABLE"));
}

#[tokio::test]
async fn caps_and_countries_are_refused_with_a_reason_and_a_time() {
    let desk = Desk::start("/dev/null/none", "max_per_destination_day = 1\nmax_per_client_hour = 2").await;
    let abroad = desk.send(to(ID, "+4916012345678")).await.unwrap_err();
    assert_eq!(
        (abroad.code(), reason_of(&abroad).as_deref()),
        (Code::PermissionDenied, Some("COUNTRY_REFUSED"))
    );
    desk.send(to(ID, "+8613800138000")).await.unwrap();
    let twice = desk.send(to(OTHER_ID, "+8613800138000")).await.unwrap_err();
    assert_eq!(
        (twice.code(), reason_of(&twice).as_deref()),
        (Code::ResourceExhausted, Some("DESTINATION_RATE"))
    );
    desk.send(to(OTHER_ID, "+8613800138001")).await.unwrap();
    let third = desk.send(to(THIRD_ID, "+8613800138002")).await.unwrap_err();
    assert_eq!((third.code(), reason_of(&third).as_deref()), (Code::ResourceExhausted, Some("CLIENT_RATE")));
    // A retried call is not a new message.
    desk.send(to(ID, "+8613800138000")).await.unwrap();
}

#[tokio::test]
async fn urgent_messages_go_first_and_a_cap_of_the_sim_makes_the_others_wait() {
    let modem = Modem::start();
    modem.with(|script| script.unregistered = true);
    let desk = Desk::start(&modem.path, "max_per_day = 1").await;
    desk.wait_modem(ModemState::NoNetwork).await;
    desk.send(to(ID, "+8613800138000")).await.unwrap();
    let urgent = pb::SendMessageRequest { priority: 1, ..to(OTHER_ID, "+8613800138001") };
    desk.send(urgent).await.unwrap();
    modem.with(|script| script.unregistered = false);
    desk.wait_message(OTHER_ID, MessageState::Submitted).await;
    let limited = desk.wait_limited().await;
    assert_eq!(limited.queued, 1);
    desk.advance(24 * 3600 + 1);
    desk.wait_message(ID, MessageState::Submitted).await;
}

#[tokio::test]
async fn a_swapped_sim_receives_but_sends_nothing_until_a_person_accepts_it() {
    let modem = Modem::start();
    modem.with(|script| script.iccid = "8986010000000000001".into());
    let mut desk = Desk::start(&modem.path, "").await;
    desk.wait_modem(ModemState::Ready).await;
    modem.with(|script| script.iccid = "8986010000000000002".into());
    desk.kill_and_restart().await;
    let swapped = desk.wait_modem(ModemState::Failed).await;
    assert_eq!(swapped.trouble, "SIM_SWAPPED");
    desk.send(to(ID, "+8613800138000")).await.unwrap();
    modem.receive("00040D91683108108300F0000842114281509023025426");
    assert_eq!(desk.wait_inbound(0).await.text, "否");
    modem.with(|script| assert!(script.submitted.is_empty()));
    let accept = pb::AcceptSimRequest { request_id: "s".into(), name: String::new() };
    desk.client.accept_sim(accept).await.unwrap();
    desk.wait_message(ID, MessageState::Submitted).await;
}

#[tokio::test]
async fn the_loopback_delivers_to_nobody_in_a_sandbox() {
    let desk =
        Desk::start("/dev/null/none", "[[sms-gateway.modems]]\nname = \"none\"\ntransport = \"loopback\"")
            .await;
    desk.send(to(ID, "+8613800138000")).await.unwrap();
    let done = desk.wait_message(ID, MessageState::Delivered).await;
    assert_eq!((done.submits, done.modem.as_str()), (1, "none"));
}
